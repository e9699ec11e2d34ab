import type { FileOwnership, FileVersion } from "../../../events/facts/files.ts";
import type { LinkTarget } from "../local/link_target.ts";
import type { OriginEntry } from "../origin.ts";

/** One step of work, so short that its process is soon free for the next. */
export type NfsStep =
  | { readonly op: "stat"; readonly path: string }
  /** Asks what a symbolic link leads to. */
  | { readonly op: "link"; readonly path: string }
  /** One piece of a read. */
  | {
    readonly op: "read";
    readonly path: string;
    readonly offset: number;
    readonly length: number;
    readonly version: FileVersion | undefined;
  }
  /** `identity` is that of the root when it was last listed. */
  | { readonly op: "check"; readonly identity: string | undefined }
  /** Asks for the next batch of a listing. The first such step begins the listing. */
  | {
    readonly op: "list";
    readonly list: number;
    readonly identity: string | undefined;
    readonly directory: string;
    readonly recursive: boolean;
    readonly after: string | undefined;
    /** Globs as `Exclusions` takes them; undefined when nothing is excluded. */
    readonly globs: readonly string[] | undefined;
  }
  /** Ends a listing early. */
  | { readonly op: "leave"; readonly list: number };

export interface NfsResults {
  readonly stat: FileVersion & FileOwnership;
  readonly link: LinkTarget;
  readonly read: Uint8Array<ArrayBuffer>;
  readonly check: string;
  /** `batch` is undefined at the end of the listing. */
  readonly list: {
    readonly identity: string | undefined;
    readonly batch: readonly OriginEntry[] | undefined;
  };
  readonly leave: null;
}

/** Messages to a process. */
export type NfsRequest =
  | {
    readonly kind: "start";
    readonly id: string;
    readonly root: string;
    readonly followsLinks: boolean;
  }
  | { readonly kind: "step"; readonly number: number; readonly step: NfsStep };

/** What is left of an error that crosses from a process. */
export interface NfsFailure {
  readonly name: string;
  readonly message: string;
}

/** Messages from a process. The first is "ready". Directories are told as a listing meets them. */
export type NfsAnswer =
  | { readonly kind: "ready" }
  | { readonly kind: "result"; readonly number: number; readonly result: unknown }
  | { readonly kind: "failure"; readonly number: number; readonly failure: NfsFailure }
  | { readonly kind: "directory"; readonly list: number; readonly path: string }
  | { readonly kind: "mount"; readonly list: number; readonly path: string };
