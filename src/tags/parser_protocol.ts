import type { FileReading } from "./read_file.ts";

/** What the pool tells a worker: where its state goes, first, and then files to read, one job at a time. */
export type ParserRequest =
  | { readonly kind: "start"; readonly state: Int32Array }
  | { readonly kind: "read"; readonly root: string; readonly paths: readonly string[] };

/** A worker's answer to a job: a reading for each path, or that the file system does not answer. */
export type ParserAnswer =
  | { readonly readings: readonly FileReading[] }
  | { readonly unanswered: string };

/** Places in the shared state by which the pool watches a worker: which file of its job, and doing what. */
export const STATE = { file: 0, activity: 1 } as const;
export const ACTIVITY = { idle: 0, reading: 1, parsing: 2 } as const;
