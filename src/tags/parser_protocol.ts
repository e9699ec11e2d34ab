import type { ByteRange } from "./file_parts.ts";
import type { FileReading } from "./read_file.ts";
import type { FilePart } from "./sparse_bytes.ts";
import type { TagReading } from "./tag_reader.ts";

/** A file that lies elsewhere, and the parts of it that are here. */
export interface PartialFile {
  readonly name: string;
  readonly size: number;
  /** In order, none touching the next; the first begins the file. */
  readonly parts: readonly FilePart[];
  /** No more of it will come: what can be said without is the answer. */
  readonly isLast: boolean;
}

/** What a file says about itself, or what is missing to know. */
export type PartialReading = TagReading | { readonly missing: ByteRange };

/** What the pool tells a worker: where its state goes, first, and then work, one job at a time. */
export type ParserRequest =
  | { readonly kind: "start"; readonly state: Int32Array }
  | { readonly kind: "read"; readonly root: string; readonly paths: readonly string[] }
  | { readonly kind: "parse"; readonly file: PartialFile };

/** A worker's answer to a job: a reading of each file, or that the file system does not answer. */
export type ParserAnswer =
  | { readonly readings: readonly (FileReading | PartialReading)[] }
  | { readonly unanswered: string };

/** Places in the shared state by which the pool watches a worker: which file of its job, and doing what. */
export const STATE = { file: 0, activity: 1 } as const;
export const ACTIVITY = { idle: 0, reading: 1, parsing: 2 } as const;
