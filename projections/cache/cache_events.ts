import type { DatabaseSync } from "node:sqlite";
import {
  type Chunk,
  CHUNKS_BESIDE_FACTS,
  CHUNKS_PER_EVENT,
  type ChunksStored,
  type ContentFacts,
} from "../../events/facts/cache.ts";
import type { ContentVersion, FileId } from "../../src/base/mod.ts";
import { PreparedQueries } from "../core/prepared_queries.ts";
import type { Cell } from "../core/query.ts";
import { contentFacts } from "./content_facts.ts";

/** How many manifests are read at a time. */
const AT_ONCE = 256;

/**
 * Yields the events that a cache log needs to say what these rows say, ascending by time. The time of a manifest's
 * events is that of its last use. The rows must not change meanwhile.
 */
export function* cacheEvents(db: DatabaseSync): IterableIterator<ChunksStored & { at: number }> {
  const ask = new PreparedQueries(db);
  for (let after: Cell[] = [-1, 0, 0];;) {
    const rows = ask.all(
      `SELECT used_at, file, version, size, mtime_s, mtime_ns, etag, audio, audio_start, audio_end
        FROM manifests WHERE (used_at, file, version) > (?, ?, ?)
        ORDER BY used_at, file, version LIMIT ${AT_ONCE}`,
      ...after,
    );
    for (
      const [used_at, file, version, ...facts] of rows as [
        number,
        FileId,
        ContentVersion,
        ...Cell[],
      ][]
    ) {
      let of = factsOf(facts);
      for (const run of runsOf(ask, file, version, of !== null)) {
        const data = { file, version, ...run, origin: null, of };
        yield { type: "ChunksStored", v: 2, at: used_at, data };
        of = null; // The facts of a version are said once.
      }
    }
    if (rows.length < AT_ONCE) return;
    after = rows.at(-1)!.slice(0, 3);
  }
}

type Run = Pick<ChunksStored["data"], "offset" | "chunks" | "provisional">;

/** Parts that adjoin each other and are all provisional, or all not, as many as fit an event. */
function* runsOf(
  ask: PreparedQueries,
  file: FileId,
  version: ContentVersion,
  hasFacts: boolean,
): IterableIterator<Run> {
  const rows = ask.all(
    `SELECT p.offset, p.length, c.hash, p.provisional FROM parts p
      CROSS JOIN chunks c ON c.id = p.chunk WHERE p.file = ? AND p.version = ? ORDER BY p.offset`,
    ...[file, version],
  ) as [number, number, string, number][];
  let run: { offset: number; chunks: Chunk[]; provisional: boolean } | undefined;
  let end = 0;
  let most = hasFacts ? CHUNKS_BESIDE_FACTS : CHUNKS_PER_EVENT;
  for (const [offset, length, hash, provisional] of rows) {
    const goesOn = run !== undefined && offset === end &&
      run.provisional === (provisional === 1) && run.chunks.length < most;
    if (!goesOn) {
      if (run !== undefined) {
        yield run;
        most = CHUNKS_PER_EVENT;
      }
      run = { offset, chunks: [], provisional: provisional === 1 };
    }
    run!.chunks.push({ hash, length });
    end = offset + length;
  }
  if (run !== undefined) yield run;
}

function factsOf([size, mtime_s, mtime_ns, etag, audio, start, end]: Cell[]): ContentFacts | null {
  if (size === null) return null;
  const known = { size, mtime_s, mtime_ns, etag, audio, audio_start: start, audio_end: end };
  return contentFacts(known as Parameters<typeof contentFacts>[0]);
}
