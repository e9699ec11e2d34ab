import type { TreeNode } from "../../projections/tree_types.ts";

/** Entries fetched at a time: most directories whole, and of a wide one enough for two answers. */
const WINDOW_ENTRIES = 512;

/** Cookies that stand before every entry: the start, `.` and `..`. */
const FIRST_COOKIES = 2;

interface Window {
  readonly directory: number;
  /** The entries are those above this number. */
  readonly after: number;
  readonly entries: readonly TreeNode[];
  /** There are none behind them. */
  readonly isLast: boolean;
}

/**
 * The part of a directory that was listed last. A listing asks again for what is behind its last entry, if only
 * to learn that there is nothing: that is answered without asking the tree a second time.
 */
export class ListingWindow {
  #window: Window | undefined;

  /** The tree changed: what was fetched may not be so any more. */
  forget(): void {
    this.#window = undefined;
  }

  /** Up to `limit` entries above `after`, ascending; fewer do not mean that there are no more, none do. */
  entries(
    directory: number,
    after: number,
    limit: number,
    fetch: (directory: number, after: number, limit: number) => readonly TreeNode[],
  ): readonly TreeNode[] {
    const window = this.#window;
    // A listing that begins sees the directory as it is now.
    if (window?.directory === directory && after >= window.after && after > FIRST_COOKIES) {
      const from = firstAbove(window.entries, after);
      if (from < window.entries.length || window.isLast) {
        return window.entries.slice(from, from + limit);
      }
    }
    const entries = fetch(directory, after, WINDOW_ENTRIES);
    const isLast = entries.length < WINDOW_ENTRIES;
    this.#window = { directory, after, entries, isLast };
    return entries.length <= limit ? entries : entries.slice(0, limit);
  }
}

/** Index of the first entry with a number above `after`. */
function firstAbove(entries: readonly TreeNode[], after: number): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.id > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
