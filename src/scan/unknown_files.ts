import type { UnknownKind } from "../../events/facts/origins.ts";
import { type Exclusions, isAudioName, UNKNOWN_KINDS_MAX, unknownExtension } from "../base/mod.ts";

/** Counts the files of an origin of which nobody here knows what they are, by their extension. */
export class UnknownFiles {
  readonly #exclusions: Pick<Exclusions, "has">;
  readonly #counts = new Map<string, number>();
  #others = 0;

  constructor(exclusions: Pick<Exclusions, "has">) {
    this.#exclusions = exclusions;
  }

  /** Whether a file of that name is looked into; counts it when it is not and its kind is not known. */
  isWanted(name: string): boolean {
    if (isAudioName(name)) return true;
    const extension = unknownExtension(name);
    if (extension === undefined || this.#exclusions.has(name)) return false;
    const count = this.#counts.get(extension) ?? 0;
    if (count === 0 && this.#counts.size === UNKNOWN_KINDS_MAX) this.#others++;
    else this.#counts.set(extension, count + 1);
    return false;
  }

  /** The kinds, those with most files first; what is beyond the bound is one, whose extension is empty. */
  kinds(): UnknownKind[] {
    const named = [...this.#counts].map(([extension, files]) => ({ extension, files }))
      .sort((a, b) => b.files - a.files || (a.extension < b.extension ? -1 : 1));
    return this.#others === 0 ? named : [...named, { extension: "", files: this.#others }];
  }
}
