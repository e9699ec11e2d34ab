import { type Exclusions, isAudioName } from "../base/mod.ts";
import { isAtOrBelow, type Origin, OriginNotFound, OriginUnreachable } from "../origins/mod.ts";

/**
 * The file systems that are mounted inside an origin: those that this scan meets, and those that earlier scans met.
 * When one is no longer there, its files do not count as gone: nothing is known about them.
 */
export class MountPoints {
  readonly #origin: Origin;
  readonly #known: readonly string[];
  readonly #exclusions: Exclusions;
  /** The mount points that this scan met; "" is the origin's root. */
  readonly met = new Set<string>();
  readonly #vanished = new Map<string, boolean>();

  constructor(origin: Origin, known: Iterable<string>, exclusions: Exclusions) {
    this.#origin = origin;
    // The innermost mount point comes first, since a file lies on that one.
    this.#known = [...known].sort((a, b) => b.length - a.length);
    this.#exclusions = exclusions;
  }

  /** The mount points that earlier scans met and that were found to be gone. */
  get vanished(): string[] {
    return this.#known.filter((path) => this.#vanished.get(path));
  }

  /** The mount points of earlier scans that this one did not reach, since they lie in what it could not list. */
  keptOf(unlisted: readonly { readonly path: string }[]): string[] {
    return this.#known.filter((path) =>
      !this.met.has(path) && unlisted.some((at) => isAtOrBelow(path, at.path))
    );
  }

  /**
   * Throws OriginUnreachable when a file system used to be mounted at the origin's root, which is an empty directory
   * now.
   */
  async requireRoot(): Promise<void> {
    if (!this.#known.includes("") || !await this.#isGone("", false)) return;
    throw new OriginUnreachable(
      `Cannot list ${this.#origin.root}: nothing is mounted there any more`,
    );
  }

  /** Whether a missing path lies on a file system that is not mounted now. */
  async isUnknown(path: string): Promise<boolean> {
    const mount = this.#known.find((known) => known !== "" && isAtOrBelow(path, known));
    if (mount === undefined || this.met.has(mount)) return false;
    let isGone = this.#vanished.get(mount);
    if (isGone === undefined) this.#vanished.set(mount, isGone = await this.#isGone(mount, true));
    return isGone;
  }

  /** Whether nothing is mounted at a path, and no music is there either. */
  async #isGone(directory: string, recursive: boolean): Promise<boolean> {
    let isMounted = false;
    let isEmpty = true;
    try {
      const listing = this.#origin.list({
        ...{ directory, recursive, exclusions: this.#exclusions },
        wanted: isAudioName,
        onMount: (path) => isMounted ||= path === directory,
        // Below the root, a directory may only lead to another mount point, so directories alone do not count.
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
