import { NAME_BYTES_MAX } from "../../src/base/mod.ts";

/** Bytes left free in a file name for the ` (2)` … ` (99999)` of tracks that want the same name. */
export const NUMBERING_BYTES = 8;
/** Matches a name that needs more work: most names are plain ASCII and skip it. */
const NOT_PLAIN = /[^\x20-\x7e]|^[. ]| $/;
const ESCAPED_BYTES = /[\uef80-\uefff]/g;
const CONTROLS = /[\p{Cc}\u2028\u2029]/gu;
const EXTENSION = /\.[A-Za-z0-9]{1,8}$/;

/** The zero-width joiner, which makes one picture of the characters around it. */
const JOINER = "\u200d";
const LAST_CHARACTER = /[^\p{M}\u200d]\p{M}*(?:\u200d[^\p{M}\u200d]?\p{M}*)*$/u;
/** The greatest size, in bytes, of a character with its marks in any script. */
const CHARACTER_BYTES_MAX = 32;

const encoder = new TextEncoder();

/**
 * A directory name that any system can list. It is NFC and valid Unicode (bytes that were not UTF-8 become U+FFFD), one
 * line, without spaces at its ends. Control characters become `_`, and so does a leading dot, since a hidden track is a
 * lost one. It has at most `bytesMax` bytes, cut between characters, and is empty when nothing is left. The caller
 * replaces `/` beforehand: it would separate segments.
 */
export function safeDirectoryName(raw: string, bytesMax = NAME_BYTES_MAX): string {
  const name = NOT_PLAIN.test(raw) ? made(raw) : raw;
  return cut(name, bytesMax).trimEnd();
}

/** The same for a file name: it is cut before the extension, and leaves room for ` (2)`. */
export function safeFileName(raw: string): string {
  const name = NOT_PLAIN.test(raw) ? made(raw) : raw;
  const bytesMax = NAME_BYTES_MAX - NUMBERING_BYTES;
  if (name.length * 3 <= bytesMax) return name;
  const [stem, extension] = splitExtension(name);
  return cut(stem, bytesMax - extension.length).trimEnd() + extension;
}

/** Stem and extension; the extension starts with its dot and is empty when there is none. */
export function splitExtension(name: string): [stem: string, extension: string] {
  const extension = EXTENSION.exec(name)?.[0] ?? "";
  return extension.length === name.length
    ? [name, ""]
    : [name.slice(0, name.length - extension.length), extension];
}

function made(raw: string): string {
  return raw.toWellFormed().replace(ESCAPED_BYTES, "\ufffd").normalize("NFC").trim()
    .replace(CONTROLS, "_").replace(/^\./, "_");
}

/**
 * The longest start of whole characters that fits. A character that would lose some of its marks is left out, unless it
 * has more marks than any script uses: such a character must not take the whole name with it.
 */
function cut(name: string, bytesMax: number): string {
  if (name.length * 3 <= bytesMax) return name;
  const bytes = encoder.encode(name);
  if (bytes.length <= bytesMax) return name;
  let end = bytesMax;
  while ((bytes[end]! & 0xc0) === 0x80) end--;
  const kept = new TextDecoder().decode(bytes.subarray(0, end));
  const isWhole = !kept.endsWith(JOINER) && !/^[\p{M}\u200d]/u.test(name.slice(kept.length));
  if (isWhole) return kept;
  const last = LAST_CHARACTER.exec(kept)?.[0] ?? kept;
  return encoder.encode(last).length > CHARACTER_BYTES_MAX
    ? kept
    : kept.slice(0, kept.length - last.length);
}
