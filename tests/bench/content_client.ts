import { python } from "./python.ts";

/** Latencies in microseconds. */
export interface Spread {
  p50: number;
  p99: number;
}

/** Runs `content_client.py` on files of a mount. Returns what it prints. */
export function contentClient<Result = unknown>(...args: string[]): Promise<Result> {
  return python<Result>("python3", "content_client.py", ...args);
}

/**
 * Makes the machine hold as much memory as a read of some 500 MB fills. A virtual machine gives free memory back, and
 * getting it again takes longer than the work that fills it. Otherwise the first reader would pay for all.
 */
export async function touchMemory(): Promise<void> {
  await contentClient("touch", String(3 * 2 ** 29));
}

export function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

/** Reads every file below a directory once, so that every measurement finds them in the page cache. */
export function warmTree(directory: string): void {
  const buffer = new Uint8Array(1 << 20);
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) {
      warmTree(path);
      continue;
    }
    using file = Deno.openSync(path);
    while (file.readSync(buffer) !== null);
  }
}
