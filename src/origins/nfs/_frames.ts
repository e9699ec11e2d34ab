/**
 * The frames in which a process that looks into a share sends its answers: two lengths (uint32), the answer as JSON,
 * and the bytes of a read.
 *
 * @module
 */
import type { NfsAnswer } from "./_protocol.ts";

export const FRAME_HEADER_BYTES = 8;
/** The longest parts that are accepted: a batch of a listing, and a piece of a read. */
const JSON_BYTES_MAX = 64 * 1024 * 1024;
const DATA_BYTES_MAX = 16 * 1024 * 1024;

/** The parts of a frame, to be written one after the other. */
export function encodeFrame(answer: NfsAnswer): Uint8Array<ArrayBuffer>[] {
  const bytes = answer.kind === "result" && answer.result instanceof Uint8Array
    ? answer.result as Uint8Array<ArrayBuffer>
    : undefined;
  const plain = bytes === undefined ? answer : { ...answer, result: null };
  const json = new TextEncoder().encode(JSON.stringify(plain));
  const header = new Uint8Array(FRAME_HEADER_BYTES);
  const view = new DataView(header.buffer);
  view.setUint32(0, json.length);
  // The length is one more than the bytes have, since an empty read differs from an answer without bytes (0).
  view.setUint32(4, bytes === undefined ? 0 : bytes.length + 1);
  return [header, json, ...(bytes === undefined ? [] : [bytes, new Uint8Array(1)])];
}

/** Reads the lengths of a frame's parts, in bytes. Throws RangeError for lengths that no frame has. */
export function frameLengths(header: Uint8Array<ArrayBuffer>): { json: number; bytes: number } {
  const view = new DataView(header.buffer, header.byteOffset);
  const lengths = { json: view.getUint32(0), bytes: view.getUint32(4) };
  if (lengths.json > 0 && lengths.json <= JSON_BYTES_MAX && lengths.bytes <= DATA_BYTES_MAX) {
    return lengths;
  }
  throw new RangeError("Cannot take an answer of that length");
}

export function decodeFrame(
  json: Uint8Array<ArrayBuffer>,
  bytes: Uint8Array<ArrayBuffer>,
): NfsAnswer {
  const answer = JSON.parse(new TextDecoder().decode(json)) as NfsAnswer;
  if (answer.kind !== "result" || bytes.length === 0) return answer;
  return { ...answer, result: bytes.subarray(0, -1) };
}
