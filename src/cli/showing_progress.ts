import { ProgressLine } from "../base/mod.ts";
import type { ControlClient, Status } from "../control/mod.ts";

/** How often a waiting command asks the daemon for its progress, in ms. */
const POLL_MS = 250;

/**
 * Draws the daemon's progress on the terminal until the answer is there. Nothing is drawn while `text` returns
 * undefined.
 */
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
      // The answer will tell what is wrong.
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
