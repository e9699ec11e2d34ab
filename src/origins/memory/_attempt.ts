/** The result of a function as a promise, which rejects with what the function throws. */
export function attempt<T>(work: () => T): Promise<T> {
  return new Promise((resolve) => resolve(work()));
}
