import { type Exclusions, isAudioName } from "../base/mod.ts";
import { isAtOrBelow, type Origin, OriginNotFound, OriginUnreachable } from "../origins/mod.ts";

/**
 * The file systems that are mounted inside an origin: those that a scan meets, beside those that earlier ones met. When
 * one is not there any more, its files are not gone: nobody knows anything about them.
 */
export class MountPoints {
  readonly #origin: Origin;
  readonly #known: readonly string[];
  readonly #exclusions: Exclusions;
  /** Paths of those that are there; "" is the origin's root. */
  readonly met = new Set<string>();
  readonly #vanished = new Map<string, boolean>();

  constructor(origin: Origin, known: Iterable<string>, exclusions: Exclusions) {
    this.#origin = origin;
    // The innermost first, which is the one that a file was on.
    this.#known = [...known].sort((a, b) => b.length - a.length);
    this.#exclusions = exclusions;
  }

  /** Those that earlier scans met, and that were found to be gone. */
  get vanished(): string[] {
    return this.#known.filter((path) => this.#vanished.get(path));
  }

  /** Of earlier scans, those that this one did not come by and that it says nothing about. */
  keptOf(unlisted: readonly { readonly path: string }[]): string[] {
    return this.#known.filter((path) =>
      !this.met.has(path) && unlisted.some((at) => isAtOrBelow(path, at.path))
    );
  }

  /** Throws OriginUnreachable when the origin's root was a file system of its own, and is an empty directory now. */
  async requireRoot(): Promise<void> {
    if (!this.#known.includes("") || !await this.#isGone("", false)) return;
    throw new OriginUnreachable(
      `Cannot list ${this.#origin.root}: nothing is mounted there any more`,
    );
  }

  /** Whether a path that is missing lies on a file system that is not there. */
  async isUnknown(path: string): Promise<boolean> {
    const mount = this.#known.find((known) => known !== "" && isAtOrBelow(path, known));
    if (mount === undefined || this.met.has(mount)) return false;
    let isGone = this.#vanished.get(mount);
    if (isGone === undefined) this.#vanished.set(mount, isGone = await this.#isGone(mount, true));
    return isGone;
  }

  /** Whether nothing is mounted at a path, and no music is left there either. */
  async #isGone(directory: string, recursive: boolean): Promise<boolean> {
    let isMounted = false;
    let isEmpty = true;
    try {
      const listing = this.#origin.list({
        ...{ directory, recursive, exclusions: this.#exclusions },
        wanted: isAudioName,
        onMount: (path) => isMounted ||= path === directory,
        // Below the root, directories alone may be the way to others that are mounted.
        onDirectory: () => isEmpty &&= recursive,
      });
      for await (const batch of listing) {
        if (batch.length > 0) isEmpty = false;
        if (!isEmpty) break;
      }
    } catch (error) {
      if (!(error instanceof OriginNotFound)) throw error;
    }
    return !isMounted && isEmpty;
  }
}
