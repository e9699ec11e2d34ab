import type { FileOwnership, FileVersion } from "../../events/facts/files.ts";
import type { OriginEntry } from "./origin.ts";

/** One thing to be done, short enough that its process is free for another one soon after. */
export type NfsStep =
  | { readonly op: "stat"; readonly path: string }
  /** One piece of a read. */
  | {
    readonly op: "read";
    readonly path: string;
    readonly offset: number;
    readonly length: number;
    readonly version: FileVersion | undefined;
  }
  /** `identity` is the root's as a listing met it last. */
  | { readonly op: "check"; readonly identity: string | undefined }
  /** The next batch of a listing, which the first such step begins. */
  | {
    readonly op: "list";
    readonly list: number;
    readonly identity: string | undefined;
    readonly directory: string;
    readonly recursive: boolean;
    readonly after: string | undefined;
    /** As `Exclusions` has them; undefined when nothing is passed over. */
    readonly globs: readonly string[] | undefined;
  }
  /** Nobody wants more of a listing. */
  | { readonly op: "leave"; readonly list: number };

export interface NfsResults {
  readonly stat: FileVersion & FileOwnership;
  readonly read: Uint8Array<ArrayBuffer>;
  readonly check: string;
  /** `batch` is undefined at the end. */
  readonly list: {
    readonly identity: string | undefined;
    readonly batch: readonly OriginEntry[] | undefined;
  };
  readonly leave: null;
}

/** To a process. */
export type NfsRequest =
  | {
    readonly kind: "start";
    readonly id: string;
    readonly root: string;
    readonly followsLinks: boolean;
  }
  | { readonly kind: "step"; readonly number: number; readonly step: NfsStep };

/** Of an error, what survives the way from a process. */
export interface NfsFailure {
  readonly name: string;
  readonly message: string;
}

/** From a process, which begins with "ready". Directories are told as a listing meets them. */
export type NfsAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "result"; readonly number: number; readonly result: unknown }
  | { readonly kind: "failure"; readonly number: number; readonly failure: NfsFailure }
  | { readonly kind: "directory"; readonly list: number; readonly path: string }
  | { readonly kind: "mount"; readonly list: number; readonly path: string };
