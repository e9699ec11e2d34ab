import { type Origin, OriginNotFound } from "../origins/mod.ts";

/**
 * Finds out which names an origin lists. An origin in which case does not count also answers to names that it does not
 * list. The last answer is kept, since a renamed directory holds many files.
 */
export class ExactNames {
  readonly #origin: Origin;
  #last: { readonly at: string; readonly isListed: Promise<boolean> } | undefined;

  constructor(origin: Origin) {
    this.#origin = origin;
  }

  /**
   * Whether `path` is listed by exactly this name; `other` is a listed name that differs from it in case. Throws
   * OriginUnreachable, OriginRefused.
   */
  isListed(path: string, other: string): Promise<boolean> {
    const names = path.split("/");
    const others = other.split("/");
    const differs = names.findIndex((name, i) => name !== others[i]);
    const at = names.slice(0, differs + 1).join("/");
    if (this.#last?.at !== at) {
      const directory = names.slice(0, differs).join("/");
      this.#last = { at, isListed: this.#lists(directory, names[differs]!, at) };
    }
    return this.#last!.isListed;
  }

  async #lists(directory: string, name: string, path: string): Promise<boolean> {
    let isListed = false;
    const listing = this.#origin.list({
      ...{ directory, recursive: false },
      wanted: (listed) => listed === name,
      onDirectory: (listed) => isListed ||= listed === path,
    });
    try {
      for await (const batch of listing) {
        for (const entry of batch) isListed ||= entry.path === path;
      }
    } catch (error) {
      if (!(error instanceof OriginNotFound)) throw error;
    }
    return isListed;
  }
}
