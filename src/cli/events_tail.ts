import { type ExitCode, LOG_START, seqAfter } from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import {
  checkedType,
  eventsAt,
  newestPositions,
  ofType,
  type WhichLog,
  withLog,
} from "./event_selection.ts";
import { eventLine } from "./event_summary.ts";
import { untilInterrupted } from "./interrupt.ts";
import { parseWhen, seqOf } from "./when.ts";

/** How many of the last events are shown before the new ones. */
const BEFORE = 10;

/** `musicfs events tail`: runs until Ctrl-C. With `--json` every event is a document on a line of its own. */
export function eventsTail(
  { context, options }: Invocation<WhichLog & { type?: string; since?: string }>,
): Promise<ExitCode | void> {
  const isWanted = ofType(checkedType(options.type, options));
  const when = options.since === undefined ? undefined : parseWhen(options.since, Date.now());
  const { output } = context;
  return untilInterrupted((signal) =>
    withLog(context, async (log) => {
      const next = seqAfter(log.lastSeq());
      const shown = when === undefined
        ? newestPositions(log, { from: LOG_START, limit: BEFORE, isWanted })
        : newestPositions(log, { from: seqOf(when, log), limit: Infinity, isWanted });
      for (const event of eventsAt(log, shown.filter((seq) => seq < next))) {
        output.printLine(event, () => eventLine(event));
      }
      for await (const event of log.tail({ from: next, signal })) {
        if (!isWanted(event)) continue;
        output.printLine(event, () => eventLine(event));
      }
    }, options)
  );
}
