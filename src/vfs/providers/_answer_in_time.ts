import { FileSystemError, messageOf, SEARCH_DEADLINE_MS } from "../../base/mod.ts";
import type { SearchTime } from "./_kept_listings.ts";

/**
 * What is answered elsewhere, within SEARCH_DEADLINE_MS. Its signal is aborted when nobody waits any longer. Rejects with
 * EIO, whose message begins with `what`.
 */
export async function answerInTime<T>(
  time: SearchTime,
  what: string,
  ask: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { promise, reject } = Promise.withResolvers<never>();
  const stopTimer = time.after(
    SEARCH_DEADLINE_MS,
    () => reject(new Error(`no answer within ${SEARCH_DEADLINE_MS} ms`)),
  );
  const unwanted = new AbortController();
  try {
    return await Promise.race([ask(unwanted.signal), promise]);
  } catch (error) {
    throw new FileSystemError("EIO", `${what}: ${messageOf(error)}`, { cause: error });
  } finally {
    stopTimer();
    unwanted.abort();
  }
}
