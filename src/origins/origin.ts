import type { Exclusions } from "../base/mod.ts";
import type { OriginType } from "../../events/facts/origins.ts";
import type { FileOwnership, FileVersion } from "../../events/facts/files.ts";

/** A regular file as a walk meets it. */
export type OriginFile =
  & {
    readonly kind: "file";
    readonly path: string;
    /** It is another name of this file of the origin, to which a symbolic link leads. */
    readonly linkTo?: string;
    /** Of a file that has several names (hard links): the same for all of them, and for no other file. */
    readonly identity?: string;
  }
  & FileVersion
  & FileOwnership;

/** A regular file, or a path that could not be looked at: what is known at and below it stays. */
export type OriginEntry =
  | OriginFile
  | { readonly kind: "unlisted"; readonly path: string; readonly reason: string };

export interface ListOptions {
  /** Start at this directory instead of the root; the paths yielded are relative to the root still. */
  readonly directory?: string;
  /** Look into subdirectories; true when absent. */
  readonly recursive?: boolean;
  /** Only what stands behind this path in the origin's order: a listing that broke off is gone on with. */
  readonly after?: string;
  /** Files with another name are passed over without looking at them; every file when absent. */
  readonly wanted?: (name: string) => boolean;
  /** Files that it has are passed over, and directories neither told nor looked into. */
  readonly exclusions?: Exclusions;
  /** Told of each subdirectory that is met, also when it is not looked into. */
  readonly onDirectory?: (path: string) => void;
  /** Told of each directory that is looked into and is the root of a file system of its own; "" is the origin's. */
  readonly onMount?: (path: string) => void;
  readonly signal?: AbortSignal;
}

export interface CallOptions {
  /** Aborted when nobody waits any more: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ReadOptions extends CallOptions {
  /** What the file must be like for its bytes to be of use; any version when absent. */
  readonly version?: FileVersion;
  /** Nobody waits for these bytes yet: where bandwidth is limited, those who wait go first. */
  readonly isBackground?: boolean;
}

/**
 * A place where music lies. Read only: nothing here can change an origin.
 *
 * Errors: a path that isn't there is `OriginNotFound`; one that the origin will not give is `OriginRefused`; a file of
 * another version than the one asked for is `OriginChanged`; an origin that can't be reached (root missing, a server
 * that does not answer or answers nonsense, credentials that are wrong) is `OriginUnreachable`. Only a `list` that ends
 * without throwing is complete.
 */
export interface Origin {
  readonly id: string;
  readonly kind: OriginType;
  readonly root: string;
  /** Where there are symbolic links: whether they may lead out of the root. False when absent. */
  readonly followsLinks?: boolean;
  /** Order in which `list` yields paths. */
  compare(a: string, b: string): number;
  /**
   * Streams every regular file in batches, never the whole listing in memory. A batch holds entries of one
   * directory; the order is that of `compare`. Follows symbolic links where there are such, but never into a directory
   * that it is in already, so that a loop ends. Throws OriginUnreachable; OriginNotFound when `directory`
   * is not there.
   */
  list(options?: ListOptions): AsyncIterableIterator<readonly OriginEntry[]>;
  /** Version of one file, and who may do what with it where the origin says so. Throws as above. */
  stat(path: string, options?: CallOptions): Promise<FileVersion & FileOwnership>;
  /**
   * Streams bytes of a file as they arrive: `length` of them from `offset`, fewer only at the end of the file. With a
   * `version`, bytes are yielded only once it is known that they are of that version. Each piece belongs to the caller,
   * who may give its memory away, or back (`giveBack`).
   */
  read(
    path: string,
    offset: number,
    length: number,
    options?: ReadOptions,
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
  /** Resolves when the origin answers: the cheapest question that its root exists and may be read. */
  check(options?: CallOptions): Promise<void>;
  /** A call timed out: connections that may be dead are not used again. Nothing to do where there are none. */
  renew?(): void;
  /** Somebody asks: a password that was refused is sent once more. Nothing to do where none is. */
  logInAgain?(): void;
  /** Lets go of connections; what is under way rejects. */
  close(): Promise<void>;
}

/** The origin answers, and says the path is not there. */
export class OriginNotFound extends Error {
  override readonly name = "OriginNotFound";
}

/** The origin answers, and will not give this file; others it may. */
export class OriginRefused extends Error {
  override readonly name = "OriginRefused";
}

/** The file is of another version than the one that was asked for. */
export class OriginChanged extends Error {
  override readonly name = "OriginChanged";
}

/** The origin does not answer, or its root is gone: nothing can be concluded about its files. */
export class OriginUnreachable extends Error {
  override readonly name = "OriginUnreachable";
  /** Asking again will not help until somebody changes something: credentials, a host key, a bucket's name. */
  readonly isPermanent: boolean;

  constructor(message: string, options: { cause?: unknown; isPermanent?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.isPermanent = options.isPermanent ?? false;
  }
}
