import assert from "node:assert/strict";

/** Waits until `condition` returns anything but undefined or false, and returns that. Fails with `what` after `ms`. */
export async function until<T>(
  what: string,
  ms: number,
  condition: () => T | Promise<T>,
): Promise<Exclude<T, undefined | false>> {
  const end = Date.now() + ms;
  while (true) {
    const value = await condition();
    if (value !== undefined && value !== false) return value as Exclude<T, undefined | false>;
    if (Date.now() > end) assert.fail(`${what}: not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
