import type { FileVersion } from "../../events/facts/files.ts";
import {
  type CallOptions,
  compareWalkOrder,
  type ListOptions,
  type Origin,
  type OriginEntry,
  type ReadOptions,
} from "../../src/origins/mod.ts";

/** The course of one call: this many pieces arrive, and then it fails or falls silent. */
export interface Turn {
  readonly pieces?: number;
  readonly end: Error | "silence";
}

/** The bytes of a piece. */
export const PIECE = 4;

/**
 * An origin of one-byte files whose calls follow a script, one turn for each call. When the script is empty, calls
 * succeed. Every file reads as 0, 1, 2, and so on.
 */
export class ScriptedOrigin implements Origin {
  readonly id = "nas";
  readonly kind = "sftp";
  readonly root = "sftp://nas/music";
  readonly paths: readonly string[];
  readonly script: Turn[] = [];
  /** The calls that were made. */
  readonly calls: string[] = [];
  /** The signals of those calls. */
  readonly signals: (AbortSignal | undefined)[] = [];
  isClosed = false;
  /** The number of streams that were opened and neither ended nor left. */
  open = 0;

  constructor(paths: readonly string[] = []) {
    this.paths = [...paths].sort(compareWalkOrder);
  }

  compare(a: string, b: string): number {
    return compareWalkOrder(a, b);
  }

  list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    const { after, wanted, signal } = options;
    this.#called(`list ${after ?? ""}`.trim(), signal);
    const paths = this.paths.filter((path) =>
      (after === undefined || compareWalkOrder(path, after) > 0) && (wanted?.(path) ?? true)
    );
    return this.#stream(paths.map((path) => [{ kind: "file", path, ...this.#version() }]));
  }

  async stat(path: string, { signal }: CallOptions = {}): Promise<FileVersion> {
    this.#called(`stat ${path}`, signal);
    await this.#turn();
    return this.#version();
  }

  read(
    path: string,
    offset: number,
    length: number,
    { signal }: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    this.#called(`read ${path} ${offset} ${length}`, signal);
    const pieces: Uint8Array<ArrayBuffer>[] = [];
    for (let at = 0; at < length; at += PIECE) {
      const bytes = Math.min(PIECE, length - at);
      pieces.push(Uint8Array.from({ length: bytes }, (_, i) => offset + at + i));
    }
    return this.#stream(pieces);
  }

  async check({ signal }: CallOptions = {}): Promise<void> {
    this.#called("check", signal);
    await this.#turn();
  }

  renew(): void {}

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }

  async *#stream<T>(pieces: readonly T[]): AsyncGenerator<T, void, unknown> {
    const turn = this.script.shift();
    this.open++;
    try {
      for (const [i, piece] of pieces.entries()) {
        if (i === turn?.pieces || (turn && turn.pieces === undefined)) break;
        yield piece;
      }
      await carryOut(turn);
    } finally {
      this.open--;
    }
  }

  async #turn(): Promise<void> {
    await carryOut(this.script.shift());
  }

  #called(call: string, signal: AbortSignal | undefined): void {
    this.calls.push(call);
    this.signals.push(signal);
  }

  #version(): FileVersion {
    return { size: 1, mtime_s: 1, mtime_ns: 0 };
  }
}

async function carryOut(turn: Turn | undefined): Promise<void> {
  if (turn === undefined) return;
  if (turn.end !== "silence") throw turn.end;
  await new Promise(() => {});
}
