import type { OriginType } from "../../events/origin_events.ts";
import type { FileVersion } from "../../events/file_events.ts";

/** A regular file as a walk meets it. */
export type OriginFile = { readonly kind: "file"; readonly path: string } & FileVersion;

/** A regular file, or a path that could not be looked at: what is known at and below it stays. */
export type OriginEntry =
  | OriginFile
  | { readonly kind: "unlisted"; readonly path: string; readonly reason: string };

export interface ListOptions {
  /** Start at this directory instead of the root; the paths yielded are relative to the root still. */
  readonly directory?: string;
  /** Look into subdirectories; true when absent. */
  readonly recursive?: boolean;
  /** Files with another name are passed over without looking at them; every file when absent. */
  readonly wanted?: (name: string) => boolean;
  /** Told of each subdirectory that is met, also when it is not looked into. */
  readonly onDirectory?: (path: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * A place where music lies. Read only: nothing here can change an origin.
 *
 * Errors: a path that isn't there is `OriginNotFound`; an origin that can't be reached (root missing, a
 * server that does not answer) is `OriginUnreachable`. Only a `list` that ends without throwing is complete.
 */
export interface Origin {
  readonly id: string;
  readonly kind: OriginType;
  readonly root: string;
  /**
   * Streams every regular file in batches, never the whole listing in memory. A batch holds entries of one
   * directory; the order is that of `compareWalkOrder`. Follows symbolic links, but never into a directory
   * that it is in already, so that a loop ends. Throws OriginUnreachable; OriginNotFound when `directory`
   * is not there.
   */
  list(options?: ListOptions): AsyncIterableIterator<readonly OriginEntry[]>;
  /** Version of one file. Throws OriginNotFound, OriginUnreachable. */
  stat(path: string): Promise<FileVersion>;
  /** Up to `length` bytes from `offset`; shorter only at the end of the file. */
  read(path: string, offset: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** The origin answers, and says the path is not there. */
export class OriginNotFound extends Error {
  override readonly name = "OriginNotFound";
}

/** The origin does not answer, or its root is gone: nothing can be concluded about its files. */
export class OriginUnreachable extends Error {
  override readonly name = "OriginUnreachable";
}
