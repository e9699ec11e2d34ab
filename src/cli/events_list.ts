import { formatCount, LOG_START } from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import {
  checkedType,
  eventsAt,
  newestPositions,
  type WhichLog,
  withLog,
} from "./event_selection.ts";
import { eventLine } from "./event_summary.ts";
import { jsonText } from "./output.ts";
import { parseWhen, seqOf } from "./when.ts";

const LIMIT_DEFAULT = 100;

/** `musicfs events list`: a line for each event; with `--json` the whole events. */
export async function eventsList(
  { context, options }: Invocation<WhichLog & { type?: string; since?: string; limit?: number }>,
): Promise<void> {
  const type = checkedType(options.type, options);
  const when = options.since === undefined ? undefined : parseWhen(options.since, Date.now());
  const limit = options.limit ?? (when === undefined ? LIMIT_DEFAULT : Infinity);
  await withLog(context, (log) => {
    const from = when === undefined ? LOG_START : seqOf(when, log);
    const positions = newestPositions(log, { from, limit, type });
    const { output } = context;
    if (output.json) {
      output.write('{"events": [');
      let separator = "\n";
      for (const event of eventsAt(log, positions)) {
        output.write(separator + jsonText(event));
        separator = ",\n";
      }
      output.write(`], "last_seq": ${log.lastSeq()}}\n`);
      return;
    }
    for (const event of eventsAt(log, positions)) output.printLine(event, () => eventLine(event));
    if (positions.length === 0) output.note("No events");
    if (positions.length === limit && (positions[0] ?? 1) > from) {
      output.note(`The newest ${formatCount(limit)}; --limit or --since show more`);
    }
  }, options);
}
