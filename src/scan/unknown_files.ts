import type { UnknownKind } from "../../events/facts/origins.ts";
import { type Exclusions, isAudioName, UNKNOWN_KINDS_MAX, unknownExtension } from "../base/mod.ts";

/** Counts the files of an origin whose kind this program does not know, by their extension. */
export class UnknownFiles {
  readonly #exclusions: Pick<Exclusions, "has">;
  readonly #counts = new Map<string, number>();
  #others = 0;

  constructor(exclusions: Pick<Exclusions, "has">) {
    this.#exclusions = exclusions;
  }

  /** Whether the scan wants a file of this name. A file that it does not want is counted when its kind is unknown. */
  isWanted(name: string): boolean {
    if (isAudioName(name)) return true;
    const extension = unknownExtension(name);
    if (extension === undefined || this.#exclusions.has(name)) return false;
    const count = this.#counts.get(extension) ?? 0;
    if (count === 0 && this.#counts.size === UNKNOWN_KINDS_MAX) this.#others++;
    else this.#counts.set(extension, count + 1);
    return false;
  }

  /**
   * The unknown kinds, the most frequent first. Kinds above the bound are counted together, with an empty extension.
   */
  kinds(): UnknownKind[] {
    const named = [...this.#counts].map(([extension, files]) => ({ extension, files }))
      .sort((a, b) => b.files - a.files || (a.extension < b.extension ? -1 : 1));
    return this.#others === 0 ? named : [...named, { extension: "", files: this.#others }];
  }
}
