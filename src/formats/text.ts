/**
 * Text in tags. Some formats do not say how their text is encoded (ID3v1, ID3v2's Latin-1, INFO of WAV, the text
 * chunks of AIFF). In practice it is in the code page of the program that wrote it.
 *
 * @module
 */

/** The assumed encoding of text whose encoding nobody names: Latin-1, with letters in place of its control characters. */
export const DEFAULT_ENCODING = "windows-1252";

const utf8 = new TextDecoder("utf-8");
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });
const utf16le = new TextDecoder("utf-16le");
const utf16be = new TextDecoder("utf-16be");
const shiftJis = new TextDecoder("shift_jis");

/** Decodes text of tags, and remembers whether it had to guess an encoding that made a difference. */
export class TextReader {
  /** The assumed encoding, a label of TextDecoder. */
  readonly encoding: string;
  /** Whether some text was decoded that would read differently in another legacy encoding. */
  guessed = false;
  readonly #legacy: TextDecoder;

  constructor(encoding: string = DEFAULT_ENCODING) {
    this.encoding = encoding;
    this.#legacy = new TextDecoder(encoding);
  }

  /** Decodes text whose encoding the file does not name. */
  legacy(bytes: Uint8Array): string {
    if (isAscii(bytes)) return ascii(bytes);
    this.guessed = true;
    return this.#legacy.decode(bytes);
  }

  /** Decodes text whose encoding the file does not name, in formats for which today's programs write UTF-8. */
  utf8OrLegacy(bytes: Uint8Array): string {
    if (isAscii(bytes)) return ascii(bytes);
    try {
      return strictUtf8.decode(bytes);
    } catch {
      return this.legacy(bytes);
    }
  }

  utf8(bytes: Uint8Array): string {
    return utf8.decode(bytes);
  }

  /** Decodes UTF-16. A byte order mark decides the order of bytes; without one `bigEndian` does. */
  utf16(bytes: Uint8Array, bigEndian: boolean): string {
    const [a, b] = bytes;
    const even = bytes.subarray(0, bytes.length & ~1);
    if (a === 0xff && b === 0xfe) return utf16le.decode(even);
    if (a === 0xfe && b === 0xff) return utf16be.decode(even);
    return (bigEndian ? utf16be : utf16le).decode(even);
  }

  shiftJis(bytes: Uint8Array): string {
    return shiftJis.decode(bytes);
  }
}

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if (bytes[i]! >= 0x80) return false;
  return true;
}

function ascii(bytes: Uint8Array): string {
  return utf8.decode(bytes);
}

/** Each byte as the character with its number, for names and magic numbers. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** Values that are separated by NULs. NULs at the end are padding and separate nothing. */
export function nulSeparated(text: string): string[] {
  if (!text.includes("\0")) return [text];
  return text.replace(/\0+$/, "").split("\0");
}
