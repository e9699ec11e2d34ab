import type { ContentFigures } from "./measured_content.ts";
import type { ManyFigures } from "./measured_many.ts";
import type { ProjectionFigures } from "./measured_projections.ts";
import type { SearchFigures } from "./measured_search.ts";
import type { RemoteFigures } from "./measured_remote.ts";
import { contentRows, remoteRows } from "./remote_figures.ts";
import type { RemoteKind } from "./remote_servers.ts";
import { searchRows } from "./search_figures.ts";

/** The output of `measure.py`. */
export interface FileFigures {
  stat_cold_us: { p50: number; p99: number };
  stat_warm_us: { p50: number; p99: number };
  open_us: { p50: number; p99: number };
  scandir_stat_ms: number;
  walk_files_per_s: number;
  read_first_mb_s: number;
  read_again_mb_s: number;
  read_4k_us: { p50: number; p99: number };
}

/** The results of one run. What was not measured is absent. */
export interface BenchResults {
  /**
   * By file system: `bare`, `bindfs`, `mergerfs`, `rclone`, `musicfs` (passed through where possible), `plain` (never).
   */
  files: Record<string, FileFigures>;
  /** Medians of the ms from the start of the process to an answer. */
  mountMs: { few?: number; many?: number };
  /** Files per second. */
  scan: { musicfs?: number; mutagen?: number; rescan?: number; replay?: number };
  /** Resident MB of a mount process that knows the synthetic library. */
  memory: { idle?: number; walked?: number };
  projections?: ProjectionFigures;
  many?: ManyFigures | undefined;
  search?: SearchFigures;
  content?: ContentFigures;
  remote: Partial<Record<RemoteKind, RemoteFigures>>;
  /** Tracks per second. */
  remoteScan: Partial<Record<RemoteKind, number>>;
}

/** One row of the table. */
export interface Figure {
  /** The group in which the figure is measured, as `--only` names it. */
  group: "files" | "mount" | "scan" | "memory" | "projections" | "search" | "content" | "remote";
  name: string;
  unit: string;
  musicfs: number | undefined;
  peers: Record<string, number | undefined>;
  target: string;
  /** Whether the target is reached; undefined when the figure, or the one to compare it with, was not measured. */
  reached: boolean | undefined;
}

const PEER_COLUMNS = ["bare", "bindfs", "mergerfs", "rclone"] as const;
const COLUMNS = [
  ...PEER_COLUMNS,
  "sshfs",
  "plain",
  "10 readers",
  "mutagen",
  "SQLite",
  "beets",
] as const;

/** Every figure for which the project has a target, with that target. */
export function figures(results: BenchResults): Figure[] {
  const { files, mountMs, scan, memory, projections, many } = results;
  const peers = (get: (figures: FileFigures) => number) =>
    Object.fromEntries(PEER_COLUMNS.map((name) => [name, files[name] && get(files[name])]));
  const row = (
    name: string,
    unit: string,
    get: (figures: FileFigures) => number,
    goal: {
      against: "bare" | "mergerfs";
      target: string;
      holds: (own: number, other: number) => boolean;
    },
    path: "musicfs" | "plain" = "musicfs",
  ): Figure => {
    const own = files[path] && get(files[path]);
    const other = files[goal.against] && get(files[goal.against]!);
    return {
      group: "files",
      name,
      unit,
      musicfs: own,
      peers: peers(get),
      target: goal.target,
      reached: own === undefined || other === undefined ? undefined : goal.holds(own, other),
    };
  };
  const belowMergerfs = {
    against: "mergerfs",
    target: "below mergerfs",
    holds: (own: number, other: number) => own < other,
  } as const;
  const notSlower = {
    against: "mergerfs",
    target: "no slower than mergerfs",
    holds: (own: number, other: number) => own <= other,
  } as const;
  const single = (
    group: Figure["group"],
    name: string,
    unit: string,
    musicfs: number | undefined,
    target: string,
    holds: (own: number) => boolean,
    others: Record<string, number | undefined> = {},
  ): Figure => ({
    group,
    name,
    unit,
    musicfs,
    peers: others,
    target,
    reached: musicfs === undefined ? undefined : holds(musicfs),
  });

  return [
    single("mount", "mount, 100 tracks known", "ms", mountMs.few, "< 200", (own) => own < 200),
    single(
      "mount",
      "mount, all tracks known",
      "ms",
      mountMs.many,
      "< 200, within 20 % of 100 tracks",
      (own) => own < 200 && own <= (mountMs.few ?? own) * 1.2,
    ),
    row("cold stat p50", "us", (of) => of.stat_cold_us.p50, belowMergerfs),
    row("warm stat p50", "us", (of) => of.stat_warm_us.p50, {
      against: "bare",
      target: "within 1.2 of bare",
      holds: (own, other) => own <= other * 1.2,
    }),
    row("open p50", "us", (of) => of.open_us.p50, belowMergerfs),
    row("scandir + stat, wide", "ms", (of) => of.scandir_stat_ms, {
      against: "mergerfs",
      target: "2 times mergerfs",
      holds: (own, other) => own * 2 <= other,
    }),
    row("os.walk", "files/s", (of) => of.walk_files_per_s, {
      against: "mergerfs",
      target: "1.5 times mergerfs",
      holds: (own, other) => own >= other * 1.5,
    }),
    row("first read, plain", "MB/s", (of) => of.read_first_mb_s, {
      against: "mergerfs",
      target: "2 times mergerfs",
      holds: (own, other) => own >= other * 2,
    }, "plain"),
    row("first read, passed through", "MB/s", (of) => of.read_first_mb_s, {
      against: "bare",
      target: "within 1.3 of bare",
      holds: (own, other) => own * 1.3 >= other,
    }),
    row("random 4 KiB p50, plain", "us", (of) => of.read_4k_us.p50, notSlower, "plain"),
    row("random 4 KiB p50, passed", "us", (of) => of.read_4k_us.p50, notSlower),
    single(
      "scan",
      "scan",
      "files/s",
      scan.musicfs,
      "5,000, and above mutagen",
      (own) => own >= 5_000 && own > (scan.mutagen ?? 0),
      { mutagen: scan.mutagen },
    ),
    single(
      "scan",
      "rescan, nothing changed",
      "files/s",
      scan.rescan,
      "50,000",
      (own) => own >= 50_000,
    ),
    single(
      "scan",
      "replay into the tree",
      "files/s",
      scan.replay,
      "50,000",
      (own) => own >= 50_000,
    ),
    single("memory", "resident, idle", "MB", memory.idle, "< 50", (own) => own < 50),
    single("memory", "resident, all walked", "MB", memory.walked, "< 120", (own) => own < 120),
    single(
      "projections",
      "log made into a library",
      "files/s of CPU",
      projections && projections.known / projections.replay.cpuS,
      "100,000",
      (own) => own >= 100_000,
      { SQLite: projections && projections.known / projections.bareCpuS },
    ),
    single(
      "projections",
      "one projection made beside, all tracks",
      "s",
      projections?.fill.s,
      "< 60",
      (own) => own < 60,
    ),
    single(
      "projections",
      "a look meanwhile, p99",
      "ms",
      projections?.looks.p99Ms,
      "< 2",
      (own) => own < 2,
    ),
    single(
      "projections",
      "longest without a turn",
      "ms",
      projections && Math.max(
        ...[projections.replay, projections.fill, projections.template, projections.leaving]
          .map(({ longestMs }) => longestMs),
      ),
      "< 50",
      (own) => own < 50,
    ),
    single(
      "projections",
      "library opened, first answer",
      "ms",
      projections?.looks.startMs,
      "< 200",
      (own) => own < 200,
    ),
    ...manyRows(many),
    ...searchRows(results.search),
    ...contentRows(results.content),
    ...remoteRows(results.remote, results.remoteScan),
  ];
}

/** A mount whose library knows more tracks than anybody has. */
function manyRows(many: ManyFigures | undefined): Figure[] {
  const row = (name: string, unit: string, musicfs: number | undefined, below: number): Figure => ({
    ...{ group: "projections", name: `most tracks: ${name}`, unit, musicfs, peers: {} },
    target: below === Infinity ? "" : `< ${below}`,
    reached: musicfs === undefined || below === Infinity ? undefined : musicfs < below,
  });
  return [
    row("log made into a library", "s of CPU", many?.projected?.cpuS, Infinity),
    row("mount", "ms", many?.mountMs.many, 200),
    row("mount, 100 tracks known", "ms", many?.mountMs.few, 200),
    row("resident, idle", "MB", many?.memory.idle, 50),
    row("resident, some walked", "MB", many?.memory.walked, 120),
  ];
}

/** Formats the figures as a table for a terminal. */
export function figureTable(rows: readonly Figure[]): string {
  const columns = ["musicfs", ...COLUMNS]
    .filter((name) => name === "musicfs" || rows.some(({ peers }) => peers[name] !== undefined));
  const table = [
    ["figure", "unit", ...columns, "to reach", "reached"],
    ...rows.map((row) => [
      row.name,
      row.unit,
      ...columns.map((name) => number(name === "musicfs" ? row.musicfs : row.peers[name])),
      row.target,
      row.reached === undefined ? "-" : row.reached ? "yes" : "NO",
    ]),
  ];
  const widths = table[0]!.map((_, column) =>
    Math.max(...table.map((cells) => cells[column]!.length))
  );
  const isNumber = (column: number) => column >= 2 && column < 2 + columns.length;
  return table.map((cells) =>
    cells
      .map((cell, at) => isNumber(at) ? cell.padStart(widths[at]!) : cell.padEnd(widths[at]!))
      .join("  ")
      .trimEnd()
  ).join("\n");
}

function number(value: number | undefined): string {
  if (value === undefined) return "-";
  return value.toLocaleString("en-US", { maximumFractionDigits: value < 100 ? 1 : 0 });
}
