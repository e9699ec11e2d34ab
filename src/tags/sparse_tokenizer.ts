import type { AudioFormat } from "../../events/file_events.ts";
import { EndOfStreamError } from "strtok3";
import type { SparseBytes } from "./sparse_bytes.ts";

/** Of MP4: sample tables, which are large, and the tags, which others read. */
const UNREAD_ATOMS: ReadonlySet<string> = new Set([
  ...["stco", "co64", "stsz", "stsc", "stts"],
  ...["udta", "meta"],
]);
/** Chunks of WAV and AIFF that hold tags. */
const TAG_CHUNKS: ReadonlySet<string> = new Set(
  ["LIST", "id3 ", "ID3 ", "bext", "NAME", "AUTH", "(c) ", "ANNO"],
);
const CHUNK_HEADER_BYTES = 8;
/** A value of an MP4 tag above this is a picture. */
const VALUE_BYTES_MAX = 32 * 1024;
const MP4_HEADER_BYTES = 8;
const OGG_HEADER_BYTES = 27;

/** A structure that music-metadata reads: how long it is, and how to take it from bytes. */
interface Token<T> {
  readonly len: number;
  get(bytes: Uint8Array, offset: number): T;
}

interface ReadOptions {
  readonly length?: number;
  readonly position?: number;
  readonly mayBeLess?: boolean;
}

export interface SparseTokenizerOptions {
  readonly format: AudioFormat;
  /** Extension by which music-metadata chooses its parser. */
  readonly path: string;
  /** Where the file begins for the parser: behind tags that it does not expect there. */
  readonly start: number;
  /** Where audio ends and a tag at the end begins; a walk over the audio goes there at once. */
  readonly audioEnd: number;
}

/**
 * Hands music-metadata a file of which little is read. It is strtok3's `ITokenizer`, written anew because the
 * stock ones copy every token and go through three promises for each, and because what is large and holds no
 * tag need not be read at all: pictures in an ID3v2 tag, MP4 sample tables, Ogg audio pages, the audio blocks
 * of WavPack and Musepack.
 */
export class SparseTokenizer {
  position = 0;
  readonly fileInfo: { readonly size: number; readonly path: string };
  readonly #bytes: SparseBytes;
  readonly #options: SparseTokenizerOptions;
  readonly #start: number;
  readonly #isMp4: boolean;
  readonly #isOgg: boolean;
  #atom = "";

  constructor(bytes: SparseBytes, options: SparseTokenizerOptions) {
    const { format, start, path } = options;
    this.fileInfo = { size: bytes.size - start, path };
    this.#bytes = bytes;
    this.#options = options;
    this.#start = start;
    this.#isMp4 = format === "m4a" || format === "m4b";
    this.#isOgg = format === "ogg" || format === "opus" || format === "spx";
  }

  /** Random access makes music-metadata look for tags at the end, which only some formats have. */
  supportsRandomAccess(): boolean {
    const { format } = this.#options;
    return format === "mp3" || format === "mp2" || format === "aac";
  }

  readToken<T>(token: Token<T>, position: number = this.position): Promise<T> {
    try {
      const value = this.#take(token, position);
      this.position = position + token.len;
      return Promise.resolve(value);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  peekToken<T>(token: Token<T>, position?: number | null): Promise<T> {
    try {
      return Promise.resolve(this.#take(token, position ?? this.position));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  readNumber(token: Token<number>): Promise<number> {
    return this.readToken(token);
  }

  peekNumber(token: Token<number>): Promise<number> {
    return this.peekToken(token);
  }

  readBuffer(into: Uint8Array, options?: ReadOptions): Promise<number> {
    try {
      const position = options?.position ?? this.position;
      const length = this.#copy(into, position, options);
      this.position = position + length;
      return Promise.resolve(length);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  peekBuffer(into: Uint8Array, options?: ReadOptions): Promise<number> {
    try {
      return Promise.resolve(this.#copy(into, options?.position ?? this.position, options));
    } catch (error) {
      return Promise.reject(error);
    }
  }

  ignore(length: number): Promise<number> {
    if (!(length >= 0)) return Promise.reject(new RangeError("Length to ignore is negative"));
    const skipped = Math.min(length, Math.max(0, this.fileInfo.size - this.position));
    this.position += skipped;
    if (skipped > 1) this.#leapOverAudio();
    return Promise.resolve(skipped);
  }

  setPosition(position: number): void {
    this.position = position;
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  abort(): Promise<void> {
    return Promise.resolve();
  }

  #take<T>(token: Token<T>, position: number): T {
    const { len } = token;
    if (!(len <= this.fileInfo.size - position)) throw new EndOfStreamError();
    if (this.#isMp4) return this.#takeAtom(token, position);
    const at = this.#bytes.locate(position + this.#start, len);
    const { found } = this.#bytes;
    if (this.#isOgg && len === OGG_HEADER_BYTES && isLaterPage(found, at)) {
      throw new EndOfStreamError();
    }
    const value = token.get(found, at);
    this.#hideTags(len, value);
    return value;
  }

  /** Tags are read by `src/formats`: what holds them is shown as something that nobody reads. */
  #hideTags(length: number, value: unknown): void {
    const { format } = this.#options;
    if ((format !== "wav" && format !== "aiff") || length !== CHUNK_HEADER_BYTES) return;
    const chunk = value as { chunkID?: string };
    if (TAG_CHUNKS.has(chunk.chunkID!)) chunk.chunkID = "JUNK";
  }

  #takeAtom<T>(token: Token<T>, position: number): T {
    const isLarge = token.len > VALUE_BYTES_MAX && this.#atom === "data";
    const at = this.#bytes.locate(position + this.#start, isLarge ? MP4_HEADER_BYTES : token.len);
    const { found } = this.#bytes;
    if (isLarge) return token.get(found.subarray(at, at + MP4_HEADER_BYTES), 0);
    const value = token.get(found, at);
    if (token.len === MP4_HEADER_BYTES) {
      const header = value as { name?: string };
      this.#atom = header.name ?? "";
      if (UNREAD_ATOMS.has(this.#atom)) header.name = "free";
    }
    return value;
  }

  #copy(into: Uint8Array, position: number, options: ReadOptions | undefined): number {
    const wanted = options?.length ?? into.length;
    const length = Math.max(0, Math.min(wanted, this.fileInfo.size - position));
    if (length < wanted && !(options?.mayBeLess ?? false)) throw new EndOfStreamError();
    into.set(this.#bytes.view(position + this.#start, length));
    return length;
  }

  /** WavPack and Musepack put their tags behind the audio, and their parsers would go there block by block. */
  #leapOverAudio(): void {
    const { format, audioEnd } = this.#options;
    const end = audioEnd - this.#start;
    if (format === "wv" && this.position < end) this.position = end;
    if (format === "mpc" && this.position < end - 3) {
      const [s, e] = this.#bytes.view(audioEnd - 3, 2);
      if (s === 0x53 && e === 0x45) this.position = end - 3;
    }
  }
}

/** The first page of a stream says what it is; what follows are tags, which others read, and the sound. */
function isLaterPage(bytes: Uint8Array, at: number): boolean {
  return (bytes[at + 5]! & 2) === 0;
}
