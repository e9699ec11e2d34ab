import { ProgressLine } from "../base/mod.ts";
import type { ControlClient, Status } from "../control/mod.ts";

/** How often a waiting command looks how far the daemon is. */
const POLL_MS = 250;

/** Keeps a line on the terminal up to date until the answer is there; the line is left when `text` has none. */
export async function showingProgress<T>(
  daemon: ControlClient,
  answer: Promise<T>,
  text: (status: Status) => string | undefined,
): Promise<T> {
  const line = new ProgressLine();
  let polling = false;
  const timer = setInterval(async () => {
    if (polling) return;
    polling = true;
    try {
      const shown = text(await daemon.request("status", {}));
      if (shown !== undefined) line.update(shown);
    } catch {
      // The answer that is waited for will say what is wrong.
    }
    polling = false;
  }, POLL_MS);
  try {
    return await answer;
  } finally {
    clearInterval(timer);
    line.clear();
  }
}
