import type { Entry } from "../../../projections/tree/tree_types.ts";
import type { Cookie, NodeId } from "../../base/mod.ts";
import type { Answer } from "../filesystem.ts";

/** Entries fetched at a time: most directories whole, and of a wide one enough for two answers. */
const WINDOW_ENTRIES = 512;

/** Cookies that stand before every entry: the start, `.` and `..`. */
const FIRST_COOKIES = 2;

interface Window {
  readonly directory: NodeId;
  /** The entries are those above this cookie. */
  readonly after: Cookie;
  readonly entries: readonly Entry[];
  /** There are none behind them. */
  readonly isLast: boolean;
}

/**
 * The part of a directory that was listed last. A listing asks again for what is behind its last entry, if only
 * to learn that there is nothing: that is answered without asking the tree a second time.
 */
export class ListingWindow {
  #window: Window | undefined;
  /** How often the tree changed. */
  #changes = 0;

  /** The tree changed: what was fetched may not be so any more. */
  forget(): void {
    this.#window = undefined;
    this.#changes++;
  }

  /** Up to `limit` entries above `after`, ascending; fewer do not mean that there are no more, none do. */
  entries(
    directory: NodeId,
    after: Cookie,
    limit: number,
    fetch: (directory: NodeId, after: Cookie, limit: number) => Answer<readonly Entry[]>,
  ): Answer<readonly Entry[]> {
    const window = this.#window;
    // A listing that begins sees the directory as it is now.
    if (window?.directory === directory && after >= window.after && after > FIRST_COOKIES) {
      const from = firstAbove(window.entries, after);
      if (from < window.entries.length || window.isLast) {
        return window.entries.slice(from, from + limit);
      }
    }
    const keep = (entries: readonly Entry[]) => {
      const isLast = entries.length < WINDOW_ENTRIES;
      this.#window = { directory, after, entries, isLast };
      return entries.length <= limit ? entries : entries.slice(0, limit);
    };
    const answer = fetch(directory, after, WINDOW_ENTRIES);
    return answer instanceof Promise ? this.#later(answer, limit, keep) : keep(answer);
  }

  /** What was asked for before the tree changed is no window for later. */
  async #later(
    answer: Promise<readonly Entry[]>,
    limit: number,
    keep: (entries: readonly Entry[]) => readonly Entry[],
  ): Promise<readonly Entry[]> {
    const asked = this.#changes;
    const entries = await answer;
    return asked === this.#changes ? keep(entries) : entries.slice(0, limit);
  }
}

/** Index of the first entry with a cookie above `after`. */
function firstAbove(entries: readonly Entry[], after: Cookie): number {
  let low = 0;
  let high = entries.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (entries[middle]!.cookie > after) high = middle;
    else low = middle + 1;
  }
  return low;
}
