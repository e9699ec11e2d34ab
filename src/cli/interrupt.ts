import { EXIT, type ExitCode } from "../base/mod.ts";

/** How long interrupted work may take to end in good order, in ms. */
const GRACE_MS = 1_000;

/**
 * Runs work until it is done or a person presses Ctrl-C. Ctrl-C aborts the signal, gives the work a moment, and makes
 * the exit code say that the command was interrupted.
 */
export async function untilInterrupted(
  work: (signal: AbortSignal) => Promise<ExitCode | void>,
): Promise<ExitCode | void> {
  const stop = new AbortController();
  const interrupted = Promise.withResolvers<void>();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const onSignal = () => {
    stop.abort();
    timer ??= setTimeout(interrupted.resolve, GRACE_MS);
  };
  Deno.addSignalListener("SIGINT", onSignal);
  Deno.addSignalListener("SIGTERM", onSignal);
  try {
    const code = await Promise.race([work(stop.signal), interrupted.promise]);
    return stop.signal.aborted ? EXIT.interrupted : code;
  } catch (error) {
    if (stop.signal.aborted) return EXIT.interrupted;
    throw error;
  } finally {
    clearTimeout(timer);
    Deno.removeSignalListener("SIGINT", onSignal);
    Deno.removeSignalListener("SIGTERM", onSignal);
  }
}
