import { type EventLog, LogInUse, openEventLog } from "../../events/mod.ts";

/** How long to wait for an engine that is ending to release the log. */
const PREDECESSOR_MS = 10_000;
const LOCK_POLL_MS = 50;

/** Opens the log for appending. The engine of a crashed mount may need a moment to end, so this waits for it. */
export async function openLog(directory: string, signal: AbortSignal): Promise<EventLog> {
  const end = Date.now() + PREDECESSOR_MS;
  for (;;) {
    try {
      return openEventLog(directory);
    } catch (error) {
      if (!(error instanceof LogInUse) || Date.now() > end) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, LOCK_POLL_MS));
    signal.throwIfAborted();
  }
}
