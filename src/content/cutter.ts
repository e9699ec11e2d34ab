import { ChunkStoreFull } from "../chunks/mod.ts";
import type { CutChunk, Run } from "./cutting.ts";
import type { CutterAnswer, CutterRequest } from "./_cutter_worker.ts";

interface Waiting {
  readonly resolve: (chunks: CutChunk[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Cuts runs into named chunks, and writes chunks, in a thread of its own: some 4 ms a megabyte, during which nobody who
 * waits for bytes would be answered.
 */
export class Cutter {
  readonly #directory: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #numbers = 0;

  /** `directory` is that of the store. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /** The memory has to stay open until this settles. */
  cut(run: Run): Promise<CutChunk[]> {
    return this.#ask({ run });
  }

  /** Puts chunks into the store. Rejects with ChunkStoreFull, or what the disk says. */
  async put(chunks: readonly CutChunk[]): Promise<void> {
    await this.#ask({ chunks });
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#failAll(new Error("It was closed"));
  }

  #ask(task: CutterRequest["task"]): Promise<CutChunk[]> {
    return new Promise((resolve, reject) => {
      const number = ++this.#numbers;
      this.#waiting.set(number, { resolve, reject });
      const request: CutterRequest = { number, directory: this.#directory, task };
      (this.#worker ??= this.#start()).postMessage(request);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL("./_cutter_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<CutterAnswer>) => {
      const waiting = this.#waiting.get(data.number);
      this.#waiting.delete(data.number);
      if ("chunks" in data) waiting?.resolve(data.chunks);
      else if (data.isFull) waiting?.reject(new ChunkStoreFull(data.failure));
      else waiting?.reject(new Error(data.failure));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#worker === worker) this.#worker = undefined;
      worker.terminate();
      this.#failAll(new Error(`Cannot store chunks: ${event.message}`));
    };
    return worker;
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
