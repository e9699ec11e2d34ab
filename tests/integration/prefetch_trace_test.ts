/**
 * The benefit of fetching ahead: the same weeks of listening, with and without it, over a cache that holds a quarter
 * of the library.
 */
import assert from "node:assert/strict";
import { trackOfFounder } from "../../src/base/mod.ts";
import { Prefetcher } from "../../src/cache/mod.ts";
import { played } from "../support/content_events.ts";
import { ContentWorld, noise } from "../support/content_world.ts";
import { listeningTrace, type Play } from "../support/listening_trace.ts";

const KB = 1024;
const ALBUMS = 50;
const TRACKS = 10;
const TRACK_BYTES = 200 * KB;
const LIBRARY_BYTES = ALBUMS * TRACKS * TRACK_BYTES;
const LIMITS = { content: LIBRARY_BYTES / 4, metadata: LIBRARY_BYTES / 8 };
const SEED = 20_260_131;

interface Figures {
  /** Plays whose first bytes were not in the cache. */
  late: number;
  /** Bytes for which a player had to wait. */
  waitedBytes: number;
  /** Bytes that were read from the origin. */
  originBytes: number;
}

async function replay(trace: readonly Play[], fetchesAhead: boolean): Promise<Figures> {
  await using world = await ContentWorld.open({ limits: LIMITS });
  const files = [];
  for (let i = 0; i < ALBUMS * TRACKS; i++) {
    const no = 1 + i % TRACKS;
    const album = `Album ${Math.floor(i / TRACKS)}`;
    const tags = { album, albumartist: "A", title: `${no}`, track: { no, of: TRACKS } };
    const facts = { tags, audio: `${i}`, audio_start: 4 * KB, audio_end: TRACK_BYTES };
    files.push(await world.put("nas", `${album}/${no}.flac`, noise(TRACK_BYTES, i), facts));
  }
  const { signal } = new AbortController();
  const prefetcher = new Prefetcher({
    queries: () => world.projector.queries,
    complete: (file, pieceBytes, either) => world.fetcher.complete(file, pieceBytes, either),
    isWorthIt: () => fetchesAhead,
    cacheBytes: LIMITS.content,
    logger: world.logger,
    signal,
    now: () => world.now,
  });
  const figures = { late: 0, waitedBytes: 0, originBytes: 0 };
  for (const { track, after } of trace) {
    world.now += after;
    const { file, content: version, size } = files[track]!;
    const isLate = world.content.storedParts(file, version, 0, 1, 1).length === 0;
    if (isLate) figures.late++;
    figures.waitedBytes += size - world.storedBytes(files[track]!);
    await world.fetcher.complete(file, TRACK_BYTES, signal);
    world.keeper.touch([file]);
    prefetcher.heard(trackOfFounder(file));
    await world.append(played(file));
    await prefetcher.idle();
  }
  await prefetcher.close();
  return { ...figures, originBytes: world.origin().faulty.bytes };
}

Deno.test("fetching ahead halves what a listener has to wait for", async () => {
  const trace = listeningTrace({ albums: ALBUMS, tracks: TRACKS, plays: 500, seed: SEED });
  const without = await replay(trace, false);
  const ahead = await replay(trace, true);
  const mb = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  const said = ({ late, waitedBytes, originBytes }: Figures) =>
    `${late} plays late, ${mb(waitedBytes)} waited for, ${mb(originBytes)} fetched`;
  console.log(`500 plays: ${said(without)}; with fetching ahead: ${said(ahead)}`);
  assert.ok(ahead.late <= without.late / 2);
  assert.ok(ahead.waitedBytes <= without.waitedBytes / 2);
  assert.ok(ahead.originBytes < 1.5 * without.originBytes, "and does not fetch much for nothing");
});
