import type { Exclusions } from "../base/mod.ts";
import type { OriginType } from "../../events/facts/origins.ts";
import type { FileOwnership, FileVersion } from "../../events/facts/files.ts";

/** A regular file as a walk finds it. */
export type OriginFile =
  & {
    readonly kind: "file";
    readonly path: string;
    /** The path of the file that a symbolic link leads to; the entry is another name of that file. */
    readonly linkTo?: string;
    /** For a file with several names (hard links): equal for all its names, and for no other file. */
    readonly identity?: string;
  }
  & FileVersion
  & FileOwnership;

/** A regular file, or a path that could not be looked at: what is known at and below such a path stays known. */
export type OriginEntry =
  | OriginFile
  | { readonly kind: "unlisted"; readonly path: string; readonly reason: string };

export interface ListOptions {
  /** The directory to begin at, instead of the root. Yielded paths are relative to the root all the same. */
  readonly directory?: string;
  /** Whether to look into subdirectories; true when absent. */
  readonly recursive?: boolean;
  /** Yields only paths after this one in the origin's order, to continue a listing that broke off. */
  readonly after?: string;
  /** Whether a file with this name is wanted; others are passed over without a look. Every file is when absent. */
  readonly wanted?: (name: string) => boolean;
  /** Paths to leave out: files are passed over, directories neither reported nor entered. */
  readonly exclusions?: Exclusions;
  /**
   * The permission bits of a file that are known of this very version. Where it gives them, nobody asks the disk for the
   * file's access control list once more.
   */
  readonly modeOf?: (
    directory: string,
    name: string,
    version: FileVersion,
  ) => number | undefined;
  /** Called with each subdirectory that is met, entered or not. */
  readonly onDirectory?: (path: string) => void;
  /** Called with each directory that is entered and is the root of a file system; "" is the origin's root. */
  readonly onMount?: (path: string) => void;
  readonly signal?: AbortSignal;
}

export interface CallOptions {
  /** Aborted when the caller gives up: the call rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface ReadOptions extends CallOptions {
  /** The version that the bytes must be of; any version when absent. */
  readonly version?: FileVersion;
  /** True for bytes that nobody waits for yet: when bandwidth is limited, other reads go first. */
  readonly isBackground?: boolean;
}

/**
 * A place where music lies. Read-only: nothing here can change an origin.
 *
 * Errors: `OriginNotFound` for a path that isn't there; `OriginRefused` for one that the origin will not give;
 * `OriginChanged` for a file of another version than the requested one; `OriginUnreachable` for an origin that can't
 * be reached (root missing, a server that does not answer or answers nonsense, wrong credentials). Only a `list` that
 * ends without throwing is complete.
 */
export interface Origin {
  readonly id: string;
  readonly kind: OriginType;
  readonly root: string;
  /** Whether symbolic links may lead out of the root, for origins that have links. False when absent. */
  readonly followsLinks?: boolean;
  /** The order in which `list` yields paths. */
  compare(a: string, b: string): number;
  /**
   * Streams every regular file in batches, never the whole listing in memory. A batch holds entries of one directory;
   * the order is that of `compare`. Symbolic links are followed, but never into a directory that the walk is in
   * already, so that a loop ends. Throws OriginUnreachable; OriginNotFound when `directory` does not exist.
   */
  list(options?: ListOptions): AsyncIterableIterator<readonly OriginEntry[]>;
  /** The version of one file and, where the origin says so, its owner and permissions. Throws as above. */
  stat(path: string, options?: CallOptions): Promise<FileVersion & FileOwnership>;
  /**
   * Streams bytes of a file as they arrive: `length` of them from `offset`, fewer only at the end of the file. With a
   * `version`, bytes are yielded only once it is certain that they are of that version. Each piece belongs to the
   * caller, who may transfer its memory, or return it (`giveBack`).
   */
  read(
    path: string,
    offset: number,
    length: number,
    options?: ReadOptions,
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>>;
  /** Resolves when the origin answers: the cheapest question that shows that its root exists and may be read. */
  check(options?: CallOptions): Promise<void>;
  /** To be called when a call timed out: connections that may be dead are not used again. Absent when there are none. */
  renew?(): void;
  /** To be called when a person asks to try again: a refused password is sent once more. Absent when there is none. */
  logInAgain?(): void;
  /** Closes all connections; calls under way reject. */
  close(): Promise<void>;
}

/** The origin answers that the path does not exist. */
export class OriginNotFound extends Error {
  override readonly name = "OriginNotFound";
}

/** The origin answers that it will not give this file. It may give others. */
export class OriginRefused extends Error {
  override readonly name = "OriginRefused";
}

/** The file is of another version than the requested one. */
export class OriginChanged extends Error {
  override readonly name = "OriginChanged";
}

/** The origin does not answer, or its root is gone: nothing follows for its files. */
export class OriginUnreachable extends Error {
  override readonly name = "OriginUnreachable";
  /** True when asking again will not help until somebody changes something: credentials, a host key, a bucket's name. */
  readonly isPermanent: boolean;

  constructor(message: string, options: { cause?: unknown; isPermanent?: boolean } = {}) {
    super(message, { cause: options.cause });
    this.isPermanent = options.isPermanent ?? false;
  }
}
