import type { OriginFile } from "../origins/mod.ts";

/** Decides, for each file of an origin that has several names, which name one scan takes for the file. */
export class OtherNames {
  /** The name that counts, by the identity of a file with several names. */
  readonly #names = new Map<string, string>();
  readonly #isListed: (path: string) => boolean;
  /** Listed names of files with several names, kept back until it is clear that no known name is of the same file. */
  readonly #waiting = new Map<string, OriginFile>();
  readonly #dropped = new Set<string>();
  /** Listed paths of files with several names (hard links). */
  readonly #several = new Set<string>();
  #hardLinks = 0;

  /** `isListed` says whether the file at a path is listed under that path. */
  constructor(isListed: (path: string) => boolean) {
    this.#isListed = isListed;
  }

  /** How many hard links were passed over. */
  get hardLinks(): number {
    return this.#hardLinks;
  }

  /** Whether a name is passed over because its file is there under another name. */
  has(path: string): boolean {
    return this.#dropped.has(path);
  }

  /** Whether the file that was listed at a path has several names. */
  hasSeveral(path: string): boolean {
    return this.#several.has(path);
  }

  /** Passes over a hard link: its file has another, known name, which this scan does not list. */
  drop(path: string): false {
    if (!this.#dropped.has(path)) this.#hardLinks++;
    return this.#drop(path);
  }

  /**
   * Returns the files without those that are listed under another name as well. A symbolic link whose target is listed
   * is always left out. Of several hard links the known one stays, or else the first; `isKnown` says whether a path is
   * known, and is undefined when none is.
   */
  withoutThem(
    files: readonly OriginFile[],
    isKnown: ((path: string) => boolean) | undefined,
  ): readonly OriginFile[] {
    if (files.every(({ linkTo, identity }) => linkTo === undefined && identity === undefined)) {
      return files;
    }
    return files.filter((file) => {
      const { path, linkTo, identity } = file;
      if (linkTo !== undefined && this.#isListed(linkTo)) return this.#drop(path);
      if (identity === undefined) return true;
      this.#several.add(path);
      const name = this.#names.get(identity);
      if (name !== undefined && name !== path) return this.drop(path);
      if (isKnown === undefined || isKnown(path)) {
        this.#names.set(identity, path);
        return true;
      }
      this.#waiting.set(path, file);
      return false;
    });
  }

  /** Whether names are kept back because a known name may be of the same file. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Takes the files kept back, none of which has a known name, each under its first name. */
  takeWaiting(): readonly OriginFile[] {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    return waiting.filter(({ path, identity }) => {
      const name = this.#names.get(identity!);
      if (name === undefined) this.#names.set(identity!, path);
      return name === undefined || name === path || this.drop(path);
    });
  }

  #drop(path: string): false {
    this.#dropped.add(path);
    return false;
  }
}
