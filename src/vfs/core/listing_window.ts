import type { Entry } from "../../../projections/tree/tree_types.ts";
import type { Cookie, NodeId } from "../../base/mod.ts";
import type { Answer } from "../filesystem.ts";

/** Entries that are fetched at a time: most directories as a whole, and enough of a wide one for two answers. */
const WINDOW_ENTRIES = 512;

/** The number of cookies before every entry: the start, `.` and `..`. */
const FIRST_COOKIES = 2;

interface Window {
  readonly directory: NodeId;
  /** The cookie after which the entries begin. */
  readonly after: Cookie;
  readonly entries: readonly Entry[];
  /** Whether no entries follow. */
  readonly isLast: boolean;
}

/**
 * The part of a directory that was listed last. A listing asks once more after its last entry, if only to learn that
 * there is nothing: this answers without asking the tree again.
 */
export class ListingWindow {
  #window: Window | undefined;
  /** How often the tree has changed. */
  #changes = 0;

  /** To be called when the tree has changed: fetched entries may be outdated. */
  forget(): void {
    this.#window = undefined;
    this.#changes++;
  }

  /** Up to `limit` entries after `after`, ascending. Only an empty answer means that there are no more. */
  entries(
    directory: NodeId,
    after: Cookie,
    limit: number,
    fetch: (directory: NodeId, after: Cookie, limit: number) => Answer<readonly Entry[]>,
  ): Answer<readonly Entry[]> {
    const window = this.#window;
    // A listing that begins must see the directory as it is now.
    if (window?.directory === directory && after >= window.after && after > FIRST_COOKIES) {
      const from = firstAbove(window.entries, after);
      // A provider may tell by the cookie which of two listings goes on.
      const isOfWindow = after === window.after || window.entries[from - 1]?.cookie === after;
      if (isOfWindow && (from < window.entries.length || window.isLast)) {
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

  /** An answer to a question from before a change is not kept. */
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

/** The index of the first entry with a cookie above `after`. */
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
