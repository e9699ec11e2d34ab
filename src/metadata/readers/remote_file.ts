import type { FileVersion } from "../../../events/facts/files.ts";
import { extensionOf } from "../../base/mod.ts";
import { type Origin, OriginChanged, OriginUnreachable } from "../../origins/mod.ts";
import { type ByteRange, firstRanges, withPart } from "../bytes/file_parts.ts";
import type { ParserPool } from "../parser/parser_pool.ts";
import type { PartialReading } from "../parser/parser_protocol.ts";
import type { FilePart } from "../bytes/sparse_bytes.ts";
import type { TagReading } from "../tags/tag_reader.ts";

/** How often more is fetched of one file: doubling reaches TAG_BYTES_MAX in 22 steps. */
const STEPS_MAX = 24;

export interface RemoteFileOptions {
  readonly path: string;
  readonly version: FileVersion;
  readonly signal: AbortSignal;
  /** Whether a parser was stopped on the file in an earlier scan. */
  readonly wasStopped: boolean;
}

/** One version of a remote file. Parts of it are fetched until a parser knows what the file is. */
export class RemoteFile {
  readonly #origin: Origin;
  readonly #pool: ParserPool;
  readonly #options: RemoteFileOptions;
  #parts: readonly FilePart[] = [];
  #steps = 0;

  constructor(origin: Origin, pool: ParserPool, options: RemoteFileOptions) {
    this.#origin = origin;
    this.#pool = pool;
    this.#options = options;
  }

  /** Fetches the head and, at the same time, the tail, by which nearly every file is known. */
  async begin(): Promise<void> {
    const { path, version } = this.#options;
    const ranges = firstRanges(extensionOf(path), version.size);
    this.#parts = await Promise.all(ranges.map((range) => this.#fetch(range)));
  }

  /**
   * What the file says about itself; undefined when that needs more than `bytesMax` in memory, or more fetching than
   * tags are worth.
   */
  async parse(bytesMax: number): Promise<TagReading | undefined> {
    while (true) {
      const reading = await this.#parse(false);
      if (!("missing" in reading)) return reading;
      const held = this.#parts.reduce((sum, { bytes }) => sum + bytes.length, 0);
      if (held + reading.missing.length > bytesMax || this.#steps === STEPS_MAX) return undefined;
      this.#steps++;
      this.#parts = withPart(this.#parts, await this.#fetch(reading.missing));
    }
  }

  /** What can be said of the file by the parts that are there. */
  async parseAsItIs(): Promise<TagReading> {
    const reading = await this.#parse(true);
    return "missing" in reading ? {} : reading;
  }

  #parse(isLast: boolean): Promise<PartialReading> {
    const { path, version, wasStopped } = this.#options;
    const file = { name: path, size: version.size, parts: this.#parts, isLast };
    return this.#pool.parse(file, wasStopped);
  }

  /** An array of its own, since parsers take it for the beginning of its buffer. */
  async #fetch({ from, length }: ByteRange): Promise<FilePart> {
    const { path, version, signal } = this.#options;
    const bytes = new Uint8Array(length);
    let filled = 0;
    const options = { version, signal, isBackground: true };
    for await (const piece of this.#origin.read(path, from, length, options)) {
      if (filled + piece.length > length) {
        throw new OriginUnreachable(`Cannot read ${path}: it sends more than was asked for`);
      }
      bytes.set(piece, filled);
      filled += piece.length;
    }
    if (filled < length) throw new OriginChanged(`Cannot read ${path}: it ends too early`);
    return { from, bytes };
  }
}
