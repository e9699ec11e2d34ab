import type { AudioFormat } from "../../../events/facts/files.ts";
import { EndOfStreamError } from "strtok3";
import type { SparseBytes } from "./sparse_bytes.ts";

/**
 * Atoms of MP4 that music-metadata need not see: sample tables, which are large, and tags and fragments, which other
 * code reads.
 */
const UNREAD_ATOMS: ReadonlySet<string> = new Set([
  ...["stco", "co64", "stsz", "stsc", "stts"],
  ...["udta", "meta"],
  "moof",
]);
/** Chunks of AIFF that hold tags. */
const TAG_CHUNKS: ReadonlySet<string> = new Set(["ID3 ", "NAME", "AUTH", "(c) ", "ANNO"]);
const CHUNK_HEADER_BYTES = 8;
/** A larger value of an MP4 tag is a picture. */
const VALUE_BYTES_MAX = 32 * 1024;
const MP4_HEADER_BYTES = 8;

/** A structure that music-metadata reads: its length, and how to parse it from bytes. */
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
  /** The extension by which music-metadata chooses its parser. */
  readonly path: string;
  /** Where the file begins for the parser: behind tags that it does not expect there. */
  readonly start: number;
}

/**
 * Hands a file to music-metadata while reading little of it. It implements strtok3's `ITokenizer` anew, because the
 * stock ones copy every token and go through three promises for each. It also hides what need not be read: tags and
 * pictures, which other code reads, and large tables without information, such as MP4 sample tables.
 */
export class SparseTokenizer {
  position = 0;
  readonly fileInfo: { readonly size: number; readonly path: string };
  readonly #bytes: SparseBytes;
  readonly #start: number;
  readonly #isMp4: boolean;
  readonly #isAiff: boolean;
  #atom = "";

  constructor(bytes: SparseBytes, { format, start, path }: SparseTokenizerOptions) {
    this.fileInfo = { size: bytes.size - start, path };
    this.#bytes = bytes;
    this.#start = start;
    this.#isMp4 = format === "m4a" || format === "m4b";
    this.#isAiff = format === "aiff";
  }

  /** With random access music-metadata would look for tags at the end, which other code reads. */
  supportsRandomAccess(): boolean {
    return false;
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
    const value = token.get(found, at);
    this.#hideTags(len, value);
    return value;
  }

  /** Hides chunks that hold tags, since `src/formats` reads them. */
  #hideTags(length: number, value: unknown): void {
    if (!this.#isAiff || length !== CHUNK_HEADER_BYTES) return;
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
      const header = value as { name?: string; length?: bigint };
      this.#atom = header.name ?? "";
      // Other code looks at fragments. Each of them would cost a read here.
      if (this.#atom === "moof") header.length = BigInt(this.fileInfo.size - position);
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
}
