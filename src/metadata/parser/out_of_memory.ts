/**
 * Whether an error says that there is no memory left. It comes wherever something asks for memory, and says nothing of
 * the file that is parsed just then: who catches errors of a parser passes this one on, and the process ends.
 */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof RangeError && /allocation failed/i.test(error.message);
}
