/**
 * Text as tags hold it. A format that does not say in which encoding its bytes are (ID3v1, ID3v2's Latin-1, INFO of
 * WAV, the text chunks of AIFF) holds, in practice, whatever the code page of its writer was.
 *
 * @module
 */

/** What unnamed bytes are taken for when nobody says otherwise: Latin-1, with letters where that has controls. */
export const DEFAULT_ENCODING = "windows-1252";

const utf8 = new TextDecoder("utf-8");
const strictUtf8 = new TextDecoder("utf-8", { fatal: true });
const utf16le = new TextDecoder("utf-16le");
const utf16be = new TextDecoder("utf-16be");
const shiftJis = new TextDecoder("shift_jis");

/** Decodes what a tag holds, and remembers whether the encoding was a guess that made a difference. */
export class TextReader {
  /** Label of TextDecoder. */
  readonly encoding: string;
  /** Some text was decoded that would read otherwise in another legacy encoding. */
  guessed = false;
  readonly #legacy: TextDecoder;

  constructor(encoding: string = DEFAULT_ENCODING) {
    this.encoding = encoding;
    this.#legacy = new TextDecoder(encoding);
  }

  /** Bytes of an encoding that the file does not name. */
  legacy(bytes: Uint8Array): string {
    if (isAscii(bytes)) return ascii(bytes);
    this.guessed = true;
    return this.#legacy.decode(bytes);
  }

  /** The same, where programs of today write UTF-8. */
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

  /** With or without a byte order mark; `bigEndian` is what counts without one. */
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

/** Bytes as characters of the same number, for names and magic numbers. */
export function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let i = 0; i < bytes.length; i++) text += String.fromCharCode(bytes[i]!);
  return text;
}

/** Values that stand one behind the other with NULs between; what is padding at the end is none. */
export function nulSeparated(text: string): string[] {
  if (!text.includes("\0")) return [text];
  return text.replace(/\0+$/, "").split("\0");
}
