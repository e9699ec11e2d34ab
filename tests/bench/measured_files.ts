import { BIG, TREE, WIDE } from "./bench_library.ts";
import type { FileFigures } from "./figures.ts";
import { python } from "./python.ts";

/** The median of several looks at the same file system, figure by figure. */
export function medianFigures(looks: readonly FileFigures[]): FileFigures {
  const middle = (values: readonly unknown[]): unknown => {
    if (typeof values[0] === "object") {
      const objects = values as readonly Record<string, unknown>[];
      return Object.fromEntries(
        Object.keys(objects[0]!).map((key) => [key, middle(objects.map((object) => object[key]))]),
      );
    }
    return (values as readonly number[]).toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  };
  return middle(looks) as FileFigures;
}

/** Looks at a mounted file system from another process, as `measure.py` describes. */
export async function measuredFiles(
  root: string,
  options: { bare?: boolean } = {},
): Promise<FileFigures> {
  const args = [
    "--tree",
    TREE,
    "--wide",
    WIDE,
    "--big",
    BIG,
    ...(options.bare ? ["--bare"] : []),
  ];
  return await python("python3", "measure.py", root, ...args);
}

/** Files per second of a one-process loop of mutagen; undefined where Debian's package is not installed. */
export async function mutagenRate(directory: string): Promise<number | undefined> {
  try {
    const { files, seconds } = await python<{ files: number; seconds: number }>(
      "/usr/bin/python3",
      "mutagen_loop.py",
      directory,
    );
    return files / seconds;
  } catch {
    return undefined;
  }
}

/** Walks over `most` files below a directory, or all when there are fewer, and returns their number. */
export async function walkedFiles(directory: string, most: number): Promise<number> {
  const code = `
import json, os, sys
count = 0
for _, _, files in os.walk(sys.argv[1]):
    count += len(files)
    if count >= int(sys.argv[2]):
        break
print(json.dumps(count))`;
  return await python("python3", "-c", code, directory, String(most));
}
