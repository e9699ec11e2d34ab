import type { ByteRange } from "../bytes/file_parts.ts";
import type { FileReading } from "../readers/read_file.ts";
import type { FilePart } from "../bytes/sparse_bytes.ts";
import type { TagReading } from "../tags/tag_reader.ts";

/** A remote file, and the parts of it that are here. */
export interface PartialFile {
  readonly name: string;
  readonly size: number;
  /** Sorted, no two touching; the first begins the file. */
  readonly parts: readonly FilePart[];
  /** Whether no more parts will come: the answer is what these tell. */
  readonly isLast: boolean;
}

/** What a file says about itself, or the range that is missing to know it. */
export type PartialReading = TagReading | { readonly missing: ByteRange };

/** A picture made smaller, a JPEG in base64, or why it can't be. */
export type PictureReading = { readonly jpeg: string } | { readonly unfit: string };

/** What is found out about one file of a job. */
export type ParserReading = FileReading | PartialReading | PictureReading;

/** A job for a parser, which gets one at a time. */
export type ParserRequest =
  | {
    readonly kind: "read";
    readonly root: string;
    readonly paths: readonly string[];
    readonly followLinks: boolean;
    /** The encoding of text that does not name its own. */
    readonly encoding: string;
    /** Whether each reading is sent before the next file is begun, so that the file on which a parser dies is known. */
    readonly isCareful: boolean;
  }
  | { readonly kind: "parse"; readonly file: PartialFile; readonly encoding: string }
  | {
    readonly kind: "resize";
    readonly bytes: Uint8Array<ArrayBuffer>;
    /** The longer side that the picture is to have, in pixels. */
    readonly pixels: number;
  };

/**
 * The answers of a parser, a line each: "ready" before the first job, then the reading of each file of a job in
 * order, or that the file system does not answer.
 */
export type ParserAnswer =
  | { readonly ready: true }
  | { readonly reading: ParserReading }
  | { readonly unanswered: string };

/** The bytes before each request: the lengths of its JSON and of the bytes behind it. */
export const REQUEST_HEADER_BYTES = 8;

interface SentParts {
  readonly name: string;
  readonly size: number;
  readonly isLast: boolean;
  readonly ranges: readonly ByteRange[];
}

type SentRequest =
  | Extract<ParserRequest, { kind: "read" }>
  | { readonly kind: "parse"; readonly file: SentParts; readonly encoding: string }
  | { readonly kind: "resize"; readonly pixels: number };

/** A request as bytes: its header, its JSON, and the parts of a file, or a picture, one after the other. */
export function encodeRequest(request: ParserRequest): Uint8Array<ArrayBuffer>[] {
  const blocks = bytesOf(request);
  const json = new TextEncoder().encode(JSON.stringify(withoutBytes(request)));
  const header = new DataView(new ArrayBuffer(REQUEST_HEADER_BYTES));
  header.setUint32(0, json.length, true);
  header.setUint32(4, blocks.reduce((sum, { length }) => sum + length, 0), true);
  return [new Uint8Array(header.buffer), json, ...blocks];
}

function bytesOf(request: ParserRequest): Uint8Array<ArrayBuffer>[] {
  if (request.kind === "parse") return request.file.parts.map(({ bytes }) => bytes);
  return request.kind === "resize" ? [request.bytes] : [];
}

/** The lengths that a request's header names, in bytes. */
export function requestLengths(header: Uint8Array<ArrayBuffer>): { json: number; bytes: number } {
  const view = new DataView(header.buffer, header.byteOffset);
  return { json: view.getUint32(0, true), bytes: view.getUint32(4, true) };
}

/** The inverse of {@link encodeRequest}. */
export function decodeRequest(json: Uint8Array, bytes: Uint8Array<ArrayBuffer>): ParserRequest {
  const request = JSON.parse(new TextDecoder().decode(json)) as SentRequest;
  if (request.kind === "read") return request;
  if (request.kind === "resize") return { ...request, bytes };
  const { ranges, ...file } = request.file;
  let at = 0;
  const parts = ranges.map(({ from, length }): FilePart => ({
    from,
    // An array of its own, since parsers take a view for the beginning of its buffer.
    bytes: bytes.slice(at, at += length),
  }));
  return { ...request, file: { ...file, parts } };
}

function withoutBytes(request: ParserRequest): SentRequest {
  if (request.kind === "read") return request;
  if (request.kind === "resize") return { kind: request.kind, pixels: request.pixels };
  const { parts, ...file } = request.file;
  const ranges = parts.map(({ from, bytes }) => ({ from, length: bytes.length }));
  return { ...request, file: { ...file, ranges } };
}
