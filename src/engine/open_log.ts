import { type EventLog, LogInUse, openEventLog } from "../../events/mod.ts";

/** How long the log may still be held by an engine that is ending. */
const PREDECESSOR_MS = 10_000;
const LOCK_POLL_MS = 50;

/** Opens the log to append. The engine of a mount that crashed may need a moment to end: it is waited for. */
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
