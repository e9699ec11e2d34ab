import type { FileId, Seq } from "../../src/base/mod.ts";
import type { Fact } from "../log/event.ts";

/** What a playlist says of one file that is not there, as text; it is looked for again after later scans. */
export interface SoughtEntry {
  readonly text: string;
  /** The same as a name on a disk, where the text was guessed from bytes that are not UTF-8. */
  readonly raw?: string;
  /** How many of the entries before it are in the collection. */
  readonly after: number;
}

/**
 * A playlist that lies on an origin was read. The events directly before this one say what the collection has now, if it
 * was made or changed.
 */
export type PlaylistRead = Fact<"PlaylistRead", 1, {
  readonly origin: string;
  /** The number of the file, which is no music. */
  readonly file: FileId;
  /** Position of the event in which the file was found as it was read. */
  readonly found: Seq;
  /** Name of the collection that has what the playlist has; absent when there is none. */
  readonly collection?: string;
  /** Why the file is no playlist that can be used. */
  readonly problem?: string;
  /** How many entries mean no track of the library; 0 when absent. */
  readonly missing?: number;
  /** The first of those entries. */
  readonly sought?: readonly SoughtEntry[];
}>;

export type PlaylistEvent = PlaylistRead;
