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
  | { readonly kind: "parse"; readonly file: PartialFile; readonly encoding: string };

/**
 * The answers of a parser, a line each: "ready" before the first job, then the reading of each file of a job in
 * order, or that the file system does not answer.
 */
export type ParserAnswer =
  | { readonly ready: true }
  | { readonly reading: FileReading | PartialReading }
  | { readonly unanswered: string };

/** The bytes before each request: the lengths of its JSON and of the parts' bytes. */
export const REQUEST_HEADER_BYTES = 8;

interface SentParts {
  readonly name: string;
  readonly size: number;
  readonly isLast: boolean;
  readonly ranges: readonly ByteRange[];
}

type SentRequest = Exclude<ParserRequest, { kind: "parse" }> | {
  readonly kind: "parse";
  readonly file: SentParts;
  readonly encoding: string;
};

/** A request as bytes: its header, its JSON, and the parts of a file one after the other. */
export function encodeRequest(request: ParserRequest): Uint8Array<ArrayBuffer>[] {
  const parts = request.kind === "parse" ? request.file.parts : [];
  const json = new TextEncoder().encode(JSON.stringify(withoutBytes(request)));
  const header = new DataView(new ArrayBuffer(REQUEST_HEADER_BYTES));
  header.setUint32(0, json.length, true);
  header.setUint32(4, parts.reduce((sum, { bytes }) => sum + bytes.length, 0), true);
  return [new Uint8Array(header.buffer), json, ...parts.map(({ bytes }) => bytes)];
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
  const { parts, ...file } = request.file;
  const ranges = parts.map(({ from, bytes }) => ({ from, length: bytes.length }));
  return { ...request, file: { ...file, ranges } };
}
