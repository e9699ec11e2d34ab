import { EXIT, toSeq, UserError } from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import { type WhichLog, withLog } from "./event_selection.ts";
import { eventLine } from "./event_summary.ts";

/** `musicfs events show SEQ` */
export async function eventsShow({ context, args, options }: Invocation<WhichLog>): Promise<void> {
  const seq = toSeq(Number(args[0]));
  await withLog(context, (log) => {
    const [event] = log.read({ from: seq, to: seq });
    if (event === undefined) {
      const last = log.lastSeq();
      const why = seq > last
        ? `the log ends at ${last}`
        : "there is none at that position that this version knows";
      throw new UserError(`Cannot show event ${seq}: ${why}`, { exitCode: EXIT.notFound });
    }
    // JSON escapes control characters itself.
    context.output.print(
      event,
      () => `${eventLine(event)}\n${JSON.stringify(event.data, null, 2)}`,
    );
  }, options);
}
