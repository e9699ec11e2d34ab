/**
 * Names on a disk are bytes; names in events, rows and JSON are strings. This is the bijection between
 * the two: valid UTF-8 stays itself, and every byte that is not part of valid UTF-8 becomes one private
 * character U+EF80..U+EFFF (0xEF00 + byte). A name that really holds such a character has its three bytes
 * escaped one by one, so that no two byte strings share a string (the scheme of MirBSD's OPTU-8/16).
 *
 * @module
 */

const encoder = new TextEncoder();
const strictDecoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const ESCAPED = /[\uef80-\uefff]/;

/** The string of a name or path; every byte string has exactly one. */
export function stringFromBytes(bytes: Uint8Array): string {
  try {
    const text = strictDecoder.decode(bytes);
    if (!ESCAPED.test(text)) return text;
  } catch {
    // The bytes are not UTF-8: they are escaped below.
  }
  let out = "";
  for (let at = 0; at < bytes.length;) {
    const length = sequenceLength(bytes, at);
    const text = length === 0 ? "" : strictDecoder.decode(bytes.subarray(at, at + length));
    if (length === 0 || ESCAPED.test(text)) {
      for (let i = 0; i < Math.max(1, length); i++) {
        out += String.fromCharCode(0xef00 + bytes[at + i]!);
      }
      at += Math.max(1, length);
    } else {
      out += text;
      at += length;
    }
  }
  return out;
}

/** The inverse of {@link stringFromBytes}. */
export function bytesFromString(text: string): Uint8Array<ArrayBuffer> {
  if (!ESCAPED.test(text)) return encoder.encode(text);
  const parts: number[] = [];
  for (const char of text) {
    const code = char.codePointAt(0)!;
    if (code >= 0xef80 && code <= 0xefff) parts.push(code - 0xef00);
    else parts.push(...encoder.encode(char));
  }
  return new Uint8Array(parts);
}

/** Whether the name holds bytes that are not UTF-8 (escaped in the string). */
export function hasEscapedBytes(text: string): boolean {
  return ESCAPED.test(text);
}

/** Length of the valid UTF-8 sequence at `at`, 0 when there is none (RFC 3629, table of well-formed bytes). */
function sequenceLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first <= 0xdf
    ? 2
    : first >= 0xe0 && first <= 0xef
    ? 3
    : first >= 0xf0 && first <= 0xf4
    ? 4
    : 0;
  if (length === 0 || at + length > bytes.length) return 0;
  const second = bytes[at + 1]!;
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return 0;
  for (let i = 2; i < length; i++) if ((bytes[at + i]! & 0xc0) !== 0x80) return 0;
  return length;
}
