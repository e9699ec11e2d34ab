/** How many tracks are placed, or times of directories are read, in one step. */
const ROWS_A_STEP = 256;

/** Calls `act` for each element, and yields now and then. */
export function* inSteps<T>(all: Iterable<T>, act: (one: T) => void): Generator<void> {
  let count = 0;
  for (const one of all) {
    act(one);
    if (++count % ROWS_A_STEP === 0) yield;
  }
}
