import { EXIT, type ExitCode, formatCount } from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import { withDaemon } from "./daemon.ts";
import { untilInterrupted } from "./interrupt.ts";
import { printable } from "./output.ts";

/**
 * `musicfs events verify`: the daemon does it, or this process when there is no daemon. Exit code 1 when there is a
 * difference.
 */
export function eventsVerify({ context }: Invocation): Promise<ExitCode | void> {
  return untilInterrupted((signal) =>
    withDaemon(context, async (daemon) => {
      const result = daemon !== undefined
        ? await daemon.request("events.verify", {}, { signal, deadlineMs: Infinity })
        : await (await import("../engine/mod.ts")).verifyOffline(
          (await context.settings()).settings,
        );
      context.output.print(result, () =>
        result.identical
          ? `Identical: what is served is what the log says up to event ${
            formatCount(result.events)
          }`
          : `Different: ${printable(result.difference ?? "unknown")}`);
      return result.identical ? EXIT.done : EXIT.failed;
    })
  );
}
