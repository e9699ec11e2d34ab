import { fingerprint } from "./fingerprint.ts";
import { oggStream } from "./ogg_sound.ts";
import type { SparseBytes } from "../bytes/sparse_bytes.ts";

/** What the last page of an Ogg stream says (RFC 3533). */
export interface OggEnd {
  readonly serial: number;
  /** Samples from the start of the stream up to the end of this page. */
  readonly granule: number;
  /** Of the page's payload, which retaggers copy unchanged. */
  readonly fingerprint: string;
}

const HEADER_BYTES = 27;
/** The last page of nearly every stream lies within this many bytes of the end. */
export const OGG_TAIL_BYTES = 16 * 1024;
/** A page holds at most 255 segments of 255 bytes. */
const PAGE_BYTES_MAX = HEADER_BYTES + 255 + 255 * 255;
/**
 * How far from the end a page is searched for: most pages are small, and one with a second of sound is found by the
 * second look.
 */
const LOOKS_BYTES = [4 * 1024, OGG_TAIL_BYTES, PAGE_BYTES_MAX];
const PRINTED_BYTES = 4 * 1024;

/** The last page of the sound in a file that begins at `start`; undefined when the file does not end with Ogg. */
export function oggEnd(bytes: SparseBytes, start: number): OggEnd | undefined {
  const serial = oggStream(bytes, start)?.serial;
  if (serial === undefined) return undefined;
  for (const look of LOOKS_BYTES) {
    const page = lastPage(bytes, look, serial);
    if (page !== undefined) return page;
  }
  return undefined;
}

function lastPage(bytes: SparseBytes, look: number, serial: number): OggEnd | undefined {
  const from = Math.max(0, bytes.size - look);
  const tail = bytes.view(from, bytes.size - from);
  for (
    let at = tail.lastIndexOf(0x4f);
    at >= 0;
    at = at === 0 ? -1 : tail.lastIndexOf(0x4f, at - 1)
  ) {
    if (tail[at + 1] !== 0x67 || tail[at + 2] !== 0x67 || tail[at + 3] !== 0x53) continue;
    if (at + HEADER_BYTES > tail.length) continue;
    const page = viewOf(tail.subarray(at));
    if (page.getUint32(14, true) !== serial) continue;
    const granule = page.getUint32(6, true) + page.getInt32(10, true) * 2 ** 32;
    if (granule < 0) continue;
    const payload = tail.subarray(at + HEADER_BYTES + page.getUint8(26));
    return { serial, granule, fingerprint: fingerprint(payload.subarray(0, PRINTED_BYTES)) };
  }
  return undefined;
}

function viewOf(bytes: Uint8Array<ArrayBuffer>): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
