import { formatBytes, formatDuration, plural, type Seq } from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import { logDirectory, type WhichLog, withLog } from "./event_selection.ts";
import { fields, table, timeText } from "./output.ts";

interface TypeStats {
  count: number;
  /** Bytes of the events as JSON, which is not what they take on the disk. */
  bytes: number;
  first_seq: Seq;
  last_seq: Seq;
}

/** `musicfs events stats` */
export async function eventsStats({ context, options }: Invocation<WhichLog>): Promise<void> {
  await withLog(context, (log) => {
    const types: Record<string, TypeStats> = {};
    let first: number | null = null;
    let last: number | null = null;
    let events = 0;
    for (const event of log.read()) {
      first ??= event.at;
      last = event.at;
      events++;
      const stats = types[event.type] ??= {
        count: 0,
        bytes: 0,
        first_seq: event.seq,
        last_seq: event.seq,
      };
      stats.count++;
      stats.bytes += JSON.stringify(event).length;
      stats.last_seq = event.seq;
    }
    const value = {
      events,
      disk_bytes: diskBytes(logDirectory(context, options)),
      first_at: first,
      last_at: last,
      types,
    };
    context.output.print(value, () => {
      const span = first === null || last === null
        ? "none"
        : `${timeText(first)} to ${timeText(last)} (${formatDuration(Math.max(0, last - first))})`;
      const summary = fields([
        ["events", plural(events, "event")],
        ["on disk", formatBytes(value.disk_bytes)],
        ["span", span],
      ]);
      const rows = Object.entries(types).sort(([, a], [, b]) => b.count - a.count)
        .map(([type, stats]) => [type, stats.count, formatBytes(stats.bytes), stats.last_seq]);
      return rows.length === 0
        ? summary
        : `${summary}\n\n${table(["TYPE", "COUNT", "SIZE", "LAST"], rows)}`;
    });
  }, options);
}

/** Bytes that the files of a directory take on the disk, without the holes in them. */
function diskBytes(directory: string): number {
  let bytes = 0;
  for (const entry of Deno.readDirSync(directory)) {
    if (!entry.isFile) continue;
    const { blocks, size } = Deno.statSync(`${directory}/${entry.name}`);
    bytes += blocks === null ? size : blocks * 512;
  }
  return bytes;
}
