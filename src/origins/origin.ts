import type { OriginType } from "../../events/origin_events.ts";
import type { FileVersion } from "../../events/file_events.ts";

/** A regular file or a directory that could not be listed, as a walk meets it. */
export type OriginEntry =
  | ({ readonly kind: "file"; readonly path: string } & FileVersion)
  | { readonly kind: "unlisted"; readonly path: string; readonly reason: string };

export interface ListOptions {
  /** Start at this directory instead of the root; the paths yielded are relative to the root still. */
  readonly directory?: string;
  /** Look into subdirectories; true when absent. */
  readonly recursive?: boolean;
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
  /** Streams every regular file in batches, directory by directory, names in byte order, never the whole
   * listing in memory. Follows symbolic links once, so that a loop ends. Throws OriginUnreachable. */
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
