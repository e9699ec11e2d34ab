import { EXIT, type ExitCode } from "../base/mod.ts";

/**
 * Runs work that goes on until it is done or a person presses Ctrl-C; then the signal is aborted, the work is
 * given the chance to end in good order, and the exit code says that it was interrupted.
 */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<ExitCode | void>,
): Promise<ExitCode | void> {
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  try {
    const code = await work(stop.signal);
    return stop.signal.aborted ? EXIT.interrupted : code;
  } catch (error) {
    if (stop.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    Deno.removeSignalListener("SIGINT", onSignal);
    Deno.removeSignalListener("SIGTERM", onSignal);
  }
}
