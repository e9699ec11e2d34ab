import type { OriginFile } from "../origins/mod.ts";

/** Which names of files of an origin that have several one scan takes for the file. */
export class OtherNames {
  /** The name that counts, by the identity of a file with several. */
  readonly #names = new Map<string, string>();
  readonly #isListed: (path: string) => boolean;
  /** Names where no file was known, until it is clear that no known one is the same. */
  readonly #waiting = new Map<string, OriginFile>();
  readonly #dropped = new Set<string>();
  #hardLinks = 0;

  /** `isListed` tells of a path whether a file there is listed under it. */
  constructor(isListed: (path: string) => boolean) {
    this.#isListed = isListed;
  }

  /** How many hard links count for nothing. */
  get hardLinks(): number {
    return this.#hardLinks;
  }

  /** Whether a name counts for nothing, since the file is there under another. */
  has(path: string): boolean {
    return this.#dropped.has(path);
  }

  /** The name of a hard link counts for nothing: another one is known, which this scan does not list. */
  drop(path: string): false {
    if (!this.#dropped.has(path)) this.#hardLinks++;
    return this.#drop(path);
  }

  /**
   * Files without those that are listed under another name as well. A symbolic link is never the file when what it leads
   * to is listed. Of hard links a known one is the file, or else the first: `isKnown` tells; undefined when nothing is.
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

  /** Whether it is open of some names if a known one is the same file. */
  get isWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** Files that no known one turned out to be, each under its first name. */
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
