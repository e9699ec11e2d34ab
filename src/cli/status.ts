import {
  formatBuild,
  formatBytes,
  formatCount,
  formatDuration,
  formatScan,
  plural,
  VERSION,
} from "../base/mod.ts";
import type { Status } from "../control/protocol.ts";
import { cacheWorkText } from "./cache_work_text.ts";
import type { Invocation } from "./context.ts";
import { requireDaemon } from "./daemon.ts";
import { originTable } from "./origin_table.ts";
import { fields, printable } from "./output.ts";
import { holdersText } from "./unmount.ts";

/** `musicfs status`. The fields that CLI.md lists are stable, since scripts rely on them. */
export async function status({ context }: Invocation): Promise<void> {
  const answer = await requireDaemon(context, (daemon) => daemon.request("status", {}));
  context.output.print(answer, () => human(answer, Date.now()));
}

function human(status: Status, now: number): string {
  const { library, scan, cache, memory, engine } = status;
  const mounts = status.mounts.map(({ mountpoint, pid, since, mounted_in_ms }) =>
    [
      "mount",
      `${printable(mountpoint)}  pid ${pid}, for ${formatDuration(Math.max(0, now - since))}, ` +
      `mounted in ${formatDuration(mounted_in_ms)}`,
    ] as const
  );
  const engineText = engine.problem !== null
    ? `none, until this is unmounted and mounted again: ${engine.problem}`
    : engine.state === "off"
    ? "off (started when there is something to do)"
    : `${engine.state}${engine.pid === null ? "" : `, pid ${engine.pid}`}`;
  const rows: (readonly [string, string])[] = [
    [
      "version",
      status.version + (status.version === VERSION ? "" : ` (this command is ${VERSION})`),
    ],
    ...mounts,
    ...detachedRows(status),
    ...status.build === null ? [] : [["library", formatBuild(status.build)] as const],
    [
      "library",
      [
        plural(library.tracks, "track"),
        plural(library.albums, "album"),
        plural(library.artists, "artist"),
        formatBytes(library.bytes),
        ...library.unreadable > 0
          ? [`${formatCount(library.unreadable)} unreadable (musicfs track unreadable)`]
          : [],
      ].join(", "),
    ],
    ["scan", scan.running ? formatScan(scan) : "none running"],
    ...scan.reread_left === 0
      ? []
      : [["read again", `${formatCount(scan.reread_left)} files to go`] as const],
    ["cache", cacheText(cache)],
    ...cache.work === null ? [] : [["", cacheWorkText(cache.work)] as const],
    ["events", formatCount(status.events.last_seq)],
    [
      "memory",
      `mount ${formatBytes(memory.mount_rss_bytes)}` +
      (engine.state === "off" ? "" : `, engine ${formatBytes(memory.engine_rss_bytes)}`),
    ],
    ["engine", engineText + (engine.restarts > 0 ? `, restarted ${engine.restarts} times` : "")],
  ];
  return `${fields(rows)}\n\n${originTable(status.origins)}`;
}

/** Rows about a detached mount: nobody sees it any more, and these processes keep it alive. */
function detachedRows({ detached }: Status): (readonly [string, string])[] {
  if (detached === null) return [];
  const { mountpoint, pid, holders } = detached;
  const who = holders.length === 0 ? "processes of others" : holdersText(holders);
  return [[
    "unmounted",
    `${printable(mountpoint)}  pid ${pid}, until it is closed by ${who}`,
  ]];
}

function cacheText(cache: Status["cache"]): string {
  const { bytes, limit_bytes, hits, misses, hit_rate, pinned_tracks } = cache;
  return [
    `${formatBytes(bytes)} of ${formatBytes(limit_bytes)}`,
    plural(cache.chunks, "chunk"),
    hits + misses === 0 ? "nothing read" : `hit rate ${Math.round(hit_rate * 100)} %`,
    ...pinned_tracks === 0 ? [] : [`${plural(pinned_tracks, "track")} pinned`],
  ].join(", ");
}
