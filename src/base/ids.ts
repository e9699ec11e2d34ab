/**
 * The numbers that name things, each with a type of its own, so that the compiler tells them apart: what takes the number
 * of a track takes neither that of a file nor a plain one. A plain number becomes one of them where it comes in, and by a
 * function that says so: out of a row of the database, a record of the log, a message of a socket, a request of the kernel.
 *
 * @module
 */
import { assert } from "./assert.ts";
import {
  BY_NUMBERS,
  COLLECTION_NUMBERS,
  COVER_PIXELS_MAX,
  DETAIL_PLACES_MAX,
  FIRST_BY_DIRECTORY_ID,
  FIRST_COLLECTION_ID,
  FIRST_DIRECTORY_ID,
  FIRST_ORIGIN_FILE_ID,
  FIRST_OTHER_FILE_ID,
  FIRST_PICTURE_ID,
  FIRST_SEARCH_DIRECTORY_ID,
  FIRST_SEARCH_ERROR_ID,
  FIRST_SIZED_COVER_ID,
} from "./limits.ts";

declare const kind: unique symbol;

type Id<Kind extends string> = number & { readonly [kind]: Kind };

/** A location: one path of one origin. Given by the scan that finds it, for good. */
export type FileId = Id<"file">;
/** What is shown. It has the number of the file that founded it. */
export type TrackId = Id<"track">;
/** What the kernel knows by an inode number. */
export type NodeId = Id<"node">;
/** A position in a log: from 1 up, ascending, with gaps; 0 is before the first. */
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
export const ROOT_ID: NodeId = toNodeId(1);
/** The directory `/.origins`. */
export const ORIGINS_ID: NodeId = toNodeId(3);
/** The directory `/.search`. */
export const SEARCH_ID: NodeId = toNodeId(4);
/** The directory `/.collections`. */
export const COLLECTIONS_ID: NodeId = toNodeId(5);
/** The directory `/.by`. */
export const BY_ID: NodeId = toNodeId(6);
/** The directory `/.views`. */
export const VIEWS_ID: NodeId = toNodeId(7);
/** Before the first entry of every listing. */
export const LISTING_START: Cookie = toCookie(0);
/** Before the first event of every log. */
export const LOG_START: Seq = toSeq(0);

/** A number that was read as that of a file; so the others below. */
export function toFileId(number: number): FileId {
  return number as FileId;
}

export function toTrackId(number: number): TrackId {
  return number as TrackId;
}

export function toNodeId(number: number): NodeId {
  return number as NodeId;
}

export function toSeq(number: number): Seq {
  return number as Seq;
}

export function toCookie(number: number): Cookie {
  return number as Cookie;
}

export function toContentVersion(number: number): ContentVersion {
  return number as ContentVersion;
}

export function toNodeVersion(number: number): NodeVersion {
  return number as NodeVersion;
}

/** The first position that can be behind one. */
export function seqAfter(seq: Seq): Seq {
  return toSeq(seq + 1);
}

export function laterSeq(one: Seq, other: Seq): Seq {
  return one < other ? other : one;
}

/** The version of a content that an event brought. */
export function contentSince(seq: Seq): ContentVersion {
  return seq as number as ContentVersion;
}

/** The version of a node that an event changed. */
export function nodeSince(seq: Seq): NodeVersion {
  return seq as number as NodeVersion;
}

/** The version of a node that shows a content, and nothing else that changes. */
export function nodeShowing(content: ContentVersion): NodeVersion {
  return content as number as NodeVersion;
}

/** The track that a file founds when it is in no other. */
export function trackOfFounder(file: FileId): TrackId {
  return file as number as TrackId;
}

/** The file that founded a track. */
export function founderOfTrack(track: TrackId): FileId {
  return track as number as FileId;
}

/** The node that shows a track. */
export function nodeOfTrack(track: TrackId): NodeId {
  return track as number as NodeId;
}

/** The track that {@link nodeOfTrack} gives the number. */
export function trackOfNode(node: NodeId): TrackId {
  return node as number as TrackId;
}

/** The node of a file that the tree does not show, as it lies on its origin: a lesser copy, or one that is no track. */
export function nodeOfFile(file: FileId): NodeId {
  return toNodeId(FIRST_ORIGIN_FILE_ID + file);
}

/** The node of a file that is no music: those have numbers of their own. */
export function nodeOfOtherFile(file: FileId): NodeId {
  return file as number as NodeId;
}

/** The file that {@link nodeOfFile} gives the number. */
export function fileOfNode(node: NodeId): FileId {
  return toFileId(node - FIRST_ORIGIN_FILE_ID);
}

/** The node of a picture in the file that shows a track. `index` is its place among the pictures of that file. */
export function nodeOfPicture(track: TrackId, index: number): NodeId {
  return toNodeId(FIRST_PICTURE_ID + track * DETAIL_PLACES_MAX + index);
}

/** The track and the place that {@link nodeOfPicture} gives the number; undefined for the number of another node. */
export function pictureOfNode(node: NodeId): { track: TrackId; index: number } | undefined {
  if (node < FIRST_PICTURE_ID || node >= FIRST_DIRECTORY_ID) return undefined;
  const number = node - FIRST_PICTURE_ID;
  const index = number % DETAIL_PLACES_MAX;
  return { track: toTrackId((number - index) / DETAIL_PLACES_MAX), index };
}

/** Factors of the number of a cover made smaller: for its size, and for which kind of node the cover is. */
const SIZES = 1_024;
const COVER_KINDS = 2;
/** Covers with a packed number below this have smaller ones: pictures in the first billion tracks, and as many files. */
const PACKED_MAX = (FIRST_PICTURE_ID - FIRST_SIZED_COVER_ID) / SIZES / COVER_KINDS;

assert(COVER_PIXELS_MAX < SIZES, "every size of a cover has a number");

/**
 * The node of a cover made smaller: `cover` is the node of the cover, `pixels` the longer side. Undefined when the
 * cover is no picture in a track and no file that is no music, or has too high a number.
 */
export function nodeOfSizedCover(cover: NodeId, pixels: number): NodeId | undefined {
  const isInTrack = cover >= FIRST_PICTURE_ID;
  const packed = cover - (isInTrack ? FIRST_PICTURE_ID : FIRST_OTHER_FILE_ID);
  if (packed < 0 || packed >= PACKED_MAX || cover >= FIRST_DIRECTORY_ID) return undefined;
  const number = (packed * COVER_KINDS + (isInTrack ? 1 : 0)) * SIZES + pixels;
  return toNodeId(FIRST_SIZED_COVER_ID + number);
}

/** The cover and the size that {@link nodeOfSizedCover} gives the number; undefined for the number of another node. */
export function sizedCoverOf(node: number): { cover: NodeId; pixels: number } | undefined {
  if (node < FIRST_SIZED_COVER_ID || node >= FIRST_PICTURE_ID) return undefined;
  const number = node - FIRST_SIZED_COVER_ID;
  const pixels = number % SIZES;
  const above = (number - pixels) / SIZES;
  const isInTrack = above % COVER_KINDS === 1;
  const packed = (above - above % COVER_KINDS) / COVER_KINDS;
  return { cover: toNodeId((isInTrack ? FIRST_PICTURE_ID : FIRST_OTHER_FILE_ID) + packed), pixels };
}

/** The number under which the store keeps a cover made smaller: that of no file of an origin. */
export function fileOfSizedCover(node: NodeId): FileId {
  return node as number as FileId;
}

/** The version under which the store keeps what was made of a node of this version. */
export function contentMadeOf(version: NodeVersion): ContentVersion {
  return version as number as ContentVersion;
}

/** The directory of a query in `/.search`. `hash` is of the query's text, below {@link SEARCH_NUMBERS}. */
export function nodeOfSearch(hash: number): NodeId {
  return toNodeId(FIRST_SEARCH_DIRECTORY_ID + hash);
}

/** A directory of `/.by`. `hash` is of what the directory has, below {@link BY_NUMBERS}. */
export function nodeOfBy(hash: number): NodeId {
  return toNodeId(FIRST_BY_DIRECTORY_ID + hash);
}

/** Whether a node is one to which {@link nodeOfBy} gives the number. */
export function isNodeOfBy(node: NodeId): boolean {
  return node >= FIRST_BY_DIRECTORY_ID && node < FIRST_BY_DIRECTORY_ID + BY_NUMBERS;
}

/** The file in a directory of a query that says what is wrong with the query. */
export function nodeOfSearchError(directory: NodeId): NodeId {
  return toNodeId(FIRST_SEARCH_ERROR_ID + (directory - FIRST_SEARCH_DIRECTORY_ID));
}

/** The directory to which {@link nodeOfSearchError} gives the number. */
export function searchOfError(node: NodeId): NodeId {
  return toNodeId(FIRST_SEARCH_DIRECTORY_ID + (node - FIRST_SEARCH_ERROR_ID));
}

/** What there is of a collection: its directory, its playlist, and the file in the directory that says what is amiss. */
export type CollectionPart = "directory" | "playlist" | "note";

const COLLECTION_PARTS: readonly CollectionPart[] = ["directory", "playlist", "note"];

/** A node of a collection. `hash` is of its name, below {@link COLLECTION_NUMBERS}. */
export function nodeOfCollection(hash: number, part: CollectionPart): NodeId {
  const first = FIRST_COLLECTION_ID + COLLECTION_PARTS.indexOf(part) * COLLECTION_NUMBERS;
  return toNodeId(first + hash);
}

/** The hash and the part of which {@link nodeOfCollection} makes the number; undefined for the number of another node. */
export function collectionOfNode(node: NodeId): { hash: number; part: CollectionPart } | undefined {
  const number = node - FIRST_COLLECTION_ID;
  const part = COLLECTION_PARTS[Math.floor(number / COLLECTION_NUMBERS)];
  return part && { hash: number % COLLECTION_NUMBERS, part };
}
