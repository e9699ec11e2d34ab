import {
  EXIT,
  type ExitCode,
  formatCount,
  formatDuration,
  formatScan,
  plural,
} from "../base/mod.ts";
import type { ScanSummary } from "../control/mod.ts";
import type { Invocation } from "./context.ts";
import { requireDaemon } from "./daemon.ts";
import { untilInterrupted } from "./interrupt.ts";
import { printable } from "./output.ts";
import { showingProgress } from "./showing_progress.ts";

/** `musicfs origin rescan`: without `--wait` it returns once the scans have begun. */
export function originRescan(
  { context, args, options }: Invocation<{ full?: boolean; wait?: boolean }>,
): Promise<ExitCode | void> {
  const wait = options.wait ?? false;
  const { output } = context;
  return untilInterrupted((signal) =>
    requireDaemon(context, async (daemon) => {
      const params = { ids: [...args], full: options.full ?? false, wait };
      const summaries = await (wait
        ? showingProgress(
          daemon,
          daemon.request("origin.rescan", params, { signal, deadlineMs: Infinity }),
          ({ scan }) => scan.running ? formatScan(scan) : undefined,
        )
        : daemon.request("origin.rescan", params, { signal }));
      if (!wait) {
        output.done(
          { started: args.length === 0 ? null : args },
          () => "Scan started; musicfs status shows how far it is",
        );
        return;
      }
      output.done(
        { scans: summaries },
        () => summaries.map(summaryLine).join("\n") || "No origins",
      );
      return summaries.some(({ outcome }) => outcome !== "completed") ? EXIT.failed : EXIT.done;
    })
  );
}

function summaryLine(scan: ScanSummary): string {
  const counts = [
    plural(scan.listed, "file"),
    `${formatCount(scan.read)} read`,
    `${formatCount(scan.removed)} removed`,
    `${formatCount(scan.unreadable)} unreadable`,
  ].join(", ");
  const reason = scan.reason === null ? "" : ` (${printable(scan.reason)})`;
  return `${scan.origin}: ${scan.outcome}${reason}, ${counts}, in ${
    formatDuration(scan.duration_ms)
  }`;
}
