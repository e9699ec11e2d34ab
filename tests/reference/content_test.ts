/**
 * Compares content, plays, pins and transfers with a plain model of them, over strange logs.
 *
 * @module
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import {
  CACHE_VOCABULARY,
  createMemoryEventLog,
  type EventLog,
  type MusicEvent,
  type TimedEvent,
} from "../../events/mod.ts";
import {
  CACHE,
  CacheQueries,
  type ListeningQueries,
  type Manifest,
  Projector,
  verify,
  verifyLibrary,
} from "../../projections/mod.ts";
import { FIRST_FILE_ID } from "../../src/base/mod.ts";
import { arbitraryContent } from "../support/arbitrary_content.ts";
import { ContentModel, type ModelManifest } from "../support/content_model.ts";
import { saying } from "../support/content_events.ts";
import { MemoryCache } from "../support/memory_cache.ts";
import { type Plain, takingPlainIds } from "../support/plain_ids.ts";
import { given, isOfCache } from "../support/projection_spec.ts";

Deno.test("content: any history in any batches gives the rows of a replay, and the answers of the model", async () => {
  await fc.assert(
    fc.asyncProperty(
      arbitraryContent(),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }),
      async (history, batches) => {
        await given([], async ({ directory, log, projector, reopen }) => {
          let now = 1_700_000_000_000;
          const clock = { now: () => now += 1_500 };
          const places = { library: directory, directory: `${directory}/stored`, clock };
          const cache = await MemoryCache.open(places);
          const model = new ContentModel();
          const check = () => compare(cache.queries, projector().queries.listening, model);
          for (let at = 0, i = 0; at < history.length; i++) {
            for (const event of history.slice(at, at += batches[i % batches.length]!)) {
              const said = withFacts(event, model);
              const [stored] = await (isOfCache(said) ? cache.log : log).append([said]);
              model.fold(said, stored!.seq, stored!.at);
            }
            await projector().catchUp();
            await cache.projector.catchUp();
            if (i % 5 !== 4) continue;
            assert.deepEqual(await reopen(), []);
            await cache.reopen();
          }
          assert.equal((await verifyLibrary({ directory, log })).difference, null);
          const stored = { directory: places.directory, set: CACHE };
          assert.equal((await verify({ ...stored, log: cache.log })).difference, null);
          check();
          await projector().rebuild();
          await cache.projector.rebuild();
          check();
          // Another log leads to the same rows with fewer events.
          const compacted = await appendedAt([...cache.queries.events()]);
          const other = `${directory}/compacted`;
          const again = await Projector.open({ directory: other, log: compacted, set: CACHE });
          const queries = CacheQueries.open({ library: directory, cache: other })!;
          compare(queries, projector().queries.listening, model);
          queries.close();
          await again.close();
          await cache.close();
        });
      },
    ),
    { numRuns: 150 },
  );
});

/** A ChunksStored event with the facts that the library log has of the version; other events as they are. */
function withFacts(event: MusicEvent, model: ContentModel): MusicEvent {
  if (event.type !== "ChunksStored") return event;
  const { file, version } = event.data;
  return saying(event, model.facts(file, version));
}

/** A log of these events, each appended at its time. */
async function appendedAt(events: readonly TimedEvent[]): Promise<EventLog> {
  let now = 0;
  const log = createMemoryEventLog({ clock: { now: () => now }, vocabulary: CACHE_VOCABULARY });
  for (const { at, ...event } of events) {
    assert.ok(at >= now, "times ascend");
    now = at;
    await log.append([event]);
  }
  return log;
}

function compare(cache: CacheQueries, plays: ListeningQueries, model: ContentModel): void {
  const content = takingPlainIds(cache);
  const listening = takingPlainIds(plays);
  assert.deepEqual(content.totals(), model.totals());
  compareManifests(content, model);
  for (const part of ["content", "metadata"] as const) compareUse(content, model, part);
  comparePlays(listening, model);
  for (const [origin, { day, dayBytes, totalBytes }] of model.transfers) {
    const expected = { utc_day: day, day_bytes: dayBytes, total_bytes: totalBytes };
    assert.deepEqual(listening.transfers(origin), expected);
  }
  const pins = listening.pins().map(({ query, tracks }) => [query, tracks]).sort();
  assert.deepEqual(pins, [...model.pins].map(([query, { size }]) => [query, size]).sort());
  for (const [query, tracks] of model.pins) {
    assert.deepEqual(listening.tracksOfPin(query), [...tracks].sort());
  }
}

function compareManifests(content: Plain<CacheQueries>, model: ContentModel): void {
  const named = model.manifests.map(({ file, version }) => ({ file, version }));
  assert.deepEqual(content.manifestsOfOrigin(null), named);
  const known = named.filter(({ file }) => model.isKnown(file));
  assert.deepEqual(content.manifestsOfOrigin("local"), known);
  assert.deepEqual(content.manifestsOfOrigin("nas"), []);
  for (const it of model.manifests) {
    const { file, version, parts } = it;
    assert.deepEqual(content.manifest(file, version), manifestOf(it, model));
    const stored = parts.map(({ offset, length, hash }) => ({ offset, length, hash }));
    const provisional = stored.filter((_, i) => parts[i]!.provisional);
    assert.deepEqual(content.provisionalParts(file, version), provisional);
    for (
      const [from, to] of [[0, 1e6], [0, 1], [10_000, 40_000], [25_000, 25_001], [9, 9]] as const
    ) {
      const inside = stored.filter(({ offset, length }) => offset < to && offset + length > from);
      assert.deepEqual(content.storedParts(file, version, from, to, 100), inside);
      assert.deepEqual(content.storedParts(file, version, from, to, 2), inside.slice(0, 2));
    }
    for (const part of ["content", "metadata", "all"] as const) {
      const isIn = (metadata: boolean) => part === "all" || metadata === (part === "metadata");
      const names = new Set(parts.filter((it) => isIn(it.metadata)).map(({ hash }) => hash));
      assert.deepEqual(content.hashesOf(file, version, part).sort(), [...names].sort());
    }
  }
  const unsettled = model.manifests.filter((it) =>
    model.isCurrent(it) && it.parts.some(({ provisional }) => provisional)
  ).map(({ file, version }) => ({ file, version }));
  assert.deepEqual(content.provisional(0, 1_000), unsettled);
  for (const file of new Set(named.map(({ file }) => file))) {
    const versions = content.manifestsOf(file).map(({ version }) => ({ file, version }));
    assert.deepEqual(versions.reverse(), named.filter((it) => it.file === file));
  }
  const alike = model.manifests.filter(({ facts }) => facts?.audio === "aa");
  assert.deepEqual(content.manifestsWithAudio("aa"), alike.map((it) => manifestOf(it, model)));
  const chunks = new Map(
    model.manifests.flatMap(({ parts }) => parts.map((it) => [it.hash, it.length])),
  );
  const all = content.chunks(0, 1_000);
  assert.deepEqual(all.map(({ hash, length }) => [hash, length]).sort(), [...chunks].sort());
  assert.deepEqual(content.chunks(all[0]?.id ?? 0, 1), all.slice(1, 2));
  for (const hash of chunks.keys()) assert.equal(content.isStored(hash), true);
  assert.equal(content.isStored("none"), false);
}

function manifestOf(manifest: ModelManifest, model: ContentModel): Plain<Manifest> {
  const { file, version, used_at, parts, facts } = manifest;
  return {
    ...{ file, version, current: model.isCurrent(manifest), used_at },
    bytes: total(parts),
    metadata_bytes: total(parts.filter(({ metadata }) => metadata)),
    provisional_bytes: total(parts.filter(({ provisional }) => provisional)),
    size: facts?.size ?? null,
    mtime_s: facts?.mtime_s ?? null,
    mtime_ns: facts?.mtime_ns ?? null,
    etag: facts?.etag ?? null,
    audio: facts?.audio ?? null,
    audio_start: facts?.audio_start ?? null,
    audio_end: facts?.audio_end ?? null,
  };
}

function compareUse(
  content: Plain<CacheQueries>,
  model: ContentModel,
  part: "content" | "metadata",
) {
  const expected = model.manifests
    .map((it) => ({
      ...{ file: it.file, version: it.version, superseded: !model.isCurrent(it) },
      used_at: it.used_at,
      bytes: total(it.parts.filter(({ metadata }) => metadata === (part === "metadata"))),
    }))
    .filter(({ bytes }) => part === "metadata" || bytes > 0)
    .filter(({ file, superseded }) => superseded || !model.isPinned(file))
    .sort((a, b) =>
      Number(b.superseded) - Number(a.superseded) || a.used_at - b.used_at ||
      a.file - b.file || a.version - b.version
    );
  assert.deepEqual([...content.leastRecentlyUsed(part)], expected);
}

function comparePlays(listening: Plain<ListeningQueries>, { plays }: ContentModel): void {
  const tracks = new Set(plays.map(({ track }) => track));
  for (const track of [...tracks, FIRST_FILE_ID - 1]) {
    const at = plays.filter((play) => play.track === track).map((play) => play.at);
    assert.deepEqual(listening.plays(track), { count: at.length, last_at: at.at(-1) ?? 0 });
    const next = plays.filter((play, i) => plays[i - 1]?.track === track && play.track !== track);
    const counts = new Map<number, number>();
    for (const play of next) counts.set(play.track, (counts.get(play.track) ?? 0) + 1);
    const found = listening.successors(track, 10).map(({ track, count }) => [track, count]);
    assert.deepEqual(found.sort(), [...counts].sort());
  }
}

function total(parts: readonly { length: number }[]): number {
  return parts.reduce((sum, { length }) => sum + length, 0);
}
