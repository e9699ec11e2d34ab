/**
 * The numbers that name things, each with a type of its own, so that the compiler tells them apart: what takes the number
 * of a track takes no number of a file. A number that was just read, or written down in a test, may become any of them.
 *
 * @module
 */
import { FIRST_ORIGIN_FILE_ID } from "./limits.ts";

declare const kind: unique symbol;

type Id<Kind extends string> = number & { readonly [kind]?: Kind };

/** A location: one path of one origin. Given by the scan that finds it, for good. */
export type FileId = Id<"file">;
/** What is shown. It has the number of the file that founded it. */
export type TrackId = Id<"track">;
/** What the kernel knows by an inode number. */
export type NodeId = Id<"node">;
/** A position in a log. */
export type Seq = Id<"seq">;
/** A place in a listing, from which it is gone on with: ascending, and without any other meaning. */
export type Cookie = Id<"cookie">;
/**
 * A version of a file's content: what stored parts belong to. Equal ones of a file are the same bytes; it is the position
 * of the event that last brought others.
 */
export type ContentVersion = Id<"content">;
/** A version of a node: while it is the same, the kernel may keep the node's bytes, or its listing. */
export type NodeVersion = Id<"version">;

/** The root directory, as FUSE wants it. */
export const ROOT_ID: NodeId = 1;
/** The directory `/.origins`. */
export const ORIGINS_ID: NodeId = 3;

/** The node that shows a track. */
export function nodeOfTrack(track: TrackId): NodeId {
  return track as number;
}

/** The node of a file that the tree does not show, as it lies on its origin: a lesser copy, or one that is no track. */
export function nodeOfFile(file: FileId): NodeId {
  return FIRST_ORIGIN_FILE_ID + file;
}

/** The file that {@link nodeOfFile} gives the number. */
export function fileOfNode(node: NodeId): FileId {
  return node - FIRST_ORIGIN_FILE_ID;
}
