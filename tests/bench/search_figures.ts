import { formatCount } from "../../src/base/mod.ts";
import type { Figure } from "./figures.ts";
import type { SearchFigures } from "./measured_search.ts";

/** The figures of searches, with their targets. */
export function searchRows(search: SearchFigures | undefined): Figure[] {
  const row = (
    name: string,
    unit: string,
    musicfs: number | undefined,
    target: string,
    holds: (own: number) => boolean,
    peers: Figure["peers"] = {},
  ): Figure => ({
    ...{ group: "search", name, unit, musicfs, peers, target },
    reached: musicfs === undefined ? undefined : holds(musicfs),
  });
  const { musicfs: own, SQLite: bare } = search?.answers ?? {};
  const share = search && search.indexing.share * 100;
  return [
    row(
      "mixed queries, p50",
      "ms",
      own?.p50,
      "< 15, within 2 of SQLite, 20 times beets",
      (ms) => ms < 15 && ms <= bare!.p50 * 2 && ms * 20 <= (search!.beetsMs ?? Infinity),
      { SQLite: bare?.p50, beets: search?.beetsMs },
    ),
    row("mixed queries, p95", "ms", own?.p95, "< 100", (ms) => ms < 100, { SQLite: bare?.p95 }),
    row("the same asked of the engine, p95", "ms", search?.asked.p95, "< 100", (ms) => ms < 100),
    row("a cold stat meanwhile, p99", "ms", search?.statP99Ms, "< 2", (ms) => ms < 2),
    row("ls of 1,000 results", "ms", search?.listingMs, "< 200", (ms) => ms < 200),
    row(
      `ls of a collection of ${formatCount(search?.collection.count ?? 10_000)}, first name`,
      "ms",
      search?.collection.first_ms,
      "< 20",
      (ms) => ms < 20,
    ),
    row("the same, last name", "ms", search?.collection.ms, "< 150", (ms) => ms < 150),
    row(
      "indexing",
      "tracks/s of CPU",
      search?.indexing.tracksPerS,
      "60,000",
      (rate) => rate >= 60_000,
    ),
    row("the index's part of the library", "%", share, "< 40", (percent) => percent < 40),
    row("a new file until it is found", "ms", search?.newFileMs, "< 2,000", (ms) => ms < 2_000),
  ];
}
