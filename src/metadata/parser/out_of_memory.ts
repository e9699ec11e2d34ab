/**
 * Whether an error says that no memory is left. It may come from anywhere and says nothing of the file that is being
 * parsed: code that catches errors of a parser throws this one on, and the process ends.
 */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof RangeError && /allocation failed/i.test(error.message);
}
