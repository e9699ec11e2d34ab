import {
  EXIT,
  type ExitCode,
  formatBytes,
  formatCount,
  plural,
  ProgressLine,
  UserError,
} from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import { withLog } from "./event_selection.ts";
import { untilInterrupted } from "./interrupt.ts";
import { asOnlyWriter } from "./only_writer.ts";
import { parseWhen, seqOf } from "./when.ts";

const STAGES = {
  reading: "Looking for superseded events",
  writing: "Writing the log anew",
  comparing: "Comparing what it says",
} as const;

/** `musicfs events compact [--keep AGE]`; refuses while a daemon is running. */
export function eventsCompact(
  { context, options }: Invocation<{ keep: string }>,
): Promise<ExitCode | void> {
  const when = parseWhen(options.keep, Date.now());
  if (!("at" in when) || !/^\d/.test(options.keep) || options.keep.includes("-")) {
    throw new UserError(`Cannot keep the events of the last ${JSON.stringify(options.keep)}`, {
      exitCode: EXIT.usage,
      hint: "give an age such as 90d, 12h or 0d",
    });
  }
  return untilInterrupted(async (signal) => {
    // Opening a log that isn't there would make one, while most likely the user named the wrong directory: this fails
    // instead.
    const keptFrom = await withLog(context, (log) => seqOf(when, log));
    const { compactOffline } = await import("../engine/mod.ts");
    const line = new ProgressLine();
    try {
      const result = await asOnlyWriter(
        context,
        "events compact",
        () =>
          compactOffline(context.locations, {
            ...{ keptFrom, signal, logger: context.logger },
            onProgress: (stage, done, of) => {
              const percent = of === 0 ? 100 : Math.floor(100 * done / of);
              line.update(`${STAGES[stage]}: ${percent} % of ${formatCount(of)} events`);
            },
          }),
      );
      line.clear();
      context.output.done(result, () => {
        const gone = result.events_before - result.events;
        return gone === 0 && result.bytes === result.bytes_before
          ? `Nothing is superseded in the ${plural(result.events, "event")} of the log`
          : `Left out ${formatCount(gone)} of ${plural(result.events_before, "event")}: ` +
            `the log took ${formatBytes(result.bytes_before)} and takes ${
              formatBytes(result.bytes)
            }`;
      });
    } finally {
      line.clear();
    }
  });
}
