import type { FileVersion } from "../../events/facts/files.ts";
import type {
  CallOptions,
  ListOptions,
  Origin,
  OriginEntry,
  ReadOptions,
} from "../../src/origins/mod.ts";

/**
 * Counts the reads of another origin, and makes it behave like one behind a network: every read, stat and check takes
 * time, and pieces are parts of larger buffers.
 */
export class CountedOrigin implements Origin {
  reads = 0;
  bytes = 0;
  /** The number of reads under way, and its maximum so far. */
  #open = 0;
  openMax = 0;
  readonly #inner: Origin;
  readonly #latency: number;

  constructor(inner: Origin, latency_ms: number = 0) {
    this.#inner = inner;
    this.#latency = latency_ms;
  }

  get id(): string {
    return this.#inner.id;
  }

  get kind(): Origin["kind"] {
    return "sftp";
  }

  get root(): string {
    return this.#inner.root;
  }

  compare(a: string, b: string): number {
    return this.#inner.compare(a, b);
  }

  list(options?: ListOptions): AsyncIterableIterator<readonly OriginEntry[]> {
    return this.#inner.list(options);
  }

  async stat(path: string, options?: CallOptions): Promise<FileVersion> {
    await this.#travel();
    return await this.#inner.stat(path, options);
  }

  async *read(
    path: string,
    offset: number,
    length: number,
    options?: ReadOptions,
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    this.reads++;
    this.openMax = Math.max(this.openMax, ++this.#open);
    try {
      await this.#travel();
      for await (const piece of this.#inner.read(path, offset, length, options)) {
        this.bytes += piece.length;
        yield asOfPacket(piece);
      }
    } finally {
      this.#open--;
    }
  }

  async check(options?: CallOptions): Promise<void> {
    await this.#travel();
    await this.#inner.check(options);
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  async #travel(): Promise<void> {
    if (this.#latency > 0) await new Promise((resolve) => setTimeout(resolve, this.#latency));
  }
}

function asOfPacket(piece: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const header = 9;
  const packet = new Uint8Array(header + piece.length + 1);
  packet.set(piece, header);
  return packet.subarray(header, header + piece.length);
}
