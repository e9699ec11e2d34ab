/**
 * Returns memory that this process was given and no longer uses.
 *
 * @module
 */

import { cFunctions } from "./_c_functions.ts";

const library = cFunctions({
  madvise: { parameters: ["usize", "usize", "i32"], result: "i32" },
  malloc_trim: { parameters: ["usize"], result: "i32" },
});

const MADV_DONTNEED = 4;
/** A mapping in smaps(5): address range, permissions and path of its first line. */
const MAPPING = /^([0-9a-f]+)-([0-9a-f]+) (r-[-x]p) \S+ \S+ \d+ +\//;

/**
 * Returns what the start of the program left behind: free heap, and pages of the program file that were needed once.
 * A page that is needed again comes from the page cache. Only mappings that are the same as their file are released.
 */
export function releaseUnusedMemory(): void {
  let range: [bigint, bigint] | undefined;
  const lines = Deno.readTextFileSync("/proc/self/smaps").split("\n");
  for (const line of lines) {
    const mapping = MAPPING.exec(line);
    if (mapping !== null) range = [BigInt(`0x${mapping[1]}`), BigInt(`0x${mapping[2]}`)];
    else if (/^[0-9a-f]+-/.test(line)) range = undefined;
    else if (range !== undefined && /^Anonymous: +0 kB/.test(line)) {
      library.madvise(range[0], range[1] - range[0], MADV_DONTNEED);
    }
  }
  library.malloc_trim(0n);
}
