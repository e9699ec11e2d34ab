import { keyProblem, pathOfKey, type S3Address } from "./_address.ts";
import type { ListedPage } from "./_listing.ts";
import type { ListOptions, OriginEntry } from "../origin.ts";
import { baseNameOf, compareBytes, directoryOf } from "../walk_order.ts";

/**
 * The entries of a page of a listing, those of one directory together. Calls `onDirectory` for every directory that
 * comes into sight. `lastKey` is the last key of the page before; empty when there is none.
 */
export function* entriesOfPage(
  page: ListedPage,
  address: S3Address,
  options: ListOptions,
  lastKey: string,
): Iterable<OriginEntry[]> {
  const { directory = "", after, onDirectory, wanted, exclusions } = options;
  const pathOf = (key: string) => pathOfKey(key.slice(address.prefix.length));
  const tell = (path: string) => {
    if (keyProblem(path) === undefined && !exclusions?.has(path)) onDirectory?.(path);
  };
  for (const prefix of page.prefixes) tell(pathOf(prefix).slice(0, -1));
  let previous = pathOf(lastKey);
  let batch: OriginEntry[] = [];
  for (const { key, version } of page.objects) {
    const path = pathOf(key);
    if (onDirectory) { for (const met of directoriesOf(path, directory, previous)) tell(met); }
    if (batch.length > 0 && directoryOf(path) !== directoryOf(previous)) {
      yield batch;
      batch = [];
    }
    previous = path;
    // A key that ends with a slash stands for a directory that somebody made.
    if (path === "" || path.endsWith("/")) continue;
    if (after !== undefined && compareBytes(path, after) <= 0) continue;
    if (!(wanted?.(baseNameOf(path)) ?? true)) continue;
    if (exclusions?.has(path)) continue;
    const reason = keyProblem(path);
    if (reason === undefined) batch.push({ kind: "file", path, ...version });
    else batch.push({ kind: "unlisted", path, reason });
  }
  if (batch.length > 0) yield batch;
}

/** The directories below `top` on the way to a path, without those on the way to the previous path. */
function* directoriesOf(path: string, top: string, previous: string): Iterable<string> {
  const from = top === "" ? 0 : top.length + 1;
  for (let slash = path.indexOf("/", from); slash >= 0; slash = path.indexOf("/", slash + 1)) {
    if (!previous.startsWith(path.slice(0, slash + 1))) yield path.slice(0, slash);
  }
}
