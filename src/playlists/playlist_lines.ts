import { stringFromBytes } from "../base/mod.ts";

/** A line of a playlist, without the spaces around it. */
export interface PlaylistLine {
  readonly text: string;
  /**
   * The line as a name on a disk with the same bytes (see path_bytes), where the bytes are not UTF-8: a program that
   * knows no encodings wrote names as it found them. Null elsewhere.
   */
  readonly raw: string | null;
}

/** Most files without a known encoding come from Windows. */
const LEGACY = "windows-1252";
const LINE_END = /\r\n|\n|\r/;
/** Where a line says how the file is encoded: within so many bytes. */
const NAMED_WITHIN = 1_024;

/**
 * The lines of a playlist that are not empty. A byte order mark decides about the encoding; without one it is UTF-8 if
 * the bytes are, or else what `#EXTENC:` names, or else Windows-1252.
 */
export function* linesOf(bytes: Uint8Array): IterableIterator<PlaylistLine> {
  const marked = markedText(bytes) ?? utf8Text(bytes);
  if (marked !== null) {
    for (const line of marked.split(LINE_END)) {
      const text = line.trim();
      if (text !== "") yield { text, raw: null };
    }
    return;
  }
  const decoder = decoderOf(bytes);
  for (const line of byteLines(bytes)) {
    const text = decoder.decode(line).trim();
    const raw = stringFromBytes(line).trim();
    if (text !== "") yield { text, raw: raw === text ? null : raw };
  }
}

/** The text of a file that is UTF-8, with or without a byte order mark, or has a mark of UTF-16. */
export function markedText(bytes: Uint8Array): string | null {
  const [a, b, c] = bytes;
  if (a === 0xff && b === 0xfe) return new TextDecoder("utf-16le").decode(bytes);
  if (a === 0xfe && b === 0xff) return new TextDecoder("utf-16be").decode(bytes);
  if (a === 0xef && b === 0xbb && c === 0xbf) return new TextDecoder("utf-8").decode(bytes);
  return null;
}

/** The text of bytes that are UTF-8 without a byte order mark; null for others. */
export function utf8Text(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

function decoderOf(bytes: Uint8Array): TextDecoder {
  const start = new TextDecoder(LEGACY).decode(bytes.subarray(0, NAMED_WITHIN));
  const named = /^#EXTENC:\s*([\w:.-]+)/im.exec(start)?.[1];
  try {
    // UTF-16 can't be: its name would not have been found.
    if (named !== undefined && !/^utf/i.test(named)) return new TextDecoder(named);
  } catch {
    // A name that nobody knows.
  }
  return new TextDecoder(LEGACY);
}

function* byteLines(bytes: Uint8Array): IterableIterator<Uint8Array> {
  let from = 0;
  for (let at = 0; at <= bytes.length; at++) {
    if (at < bytes.length && bytes[at] !== 0x0a && bytes[at] !== 0x0d) continue;
    if (at > from) yield bytes.subarray(from, at);
    from = at + 1;
  }
}
