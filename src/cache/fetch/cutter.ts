import type { Chunk } from "../../../events/facts/cache.ts";
import { ChunkStoreFull } from "../store/mod.ts";
import type { CutRun, Run } from "./cutting.ts";
import type { CutterAnswer, CutterRequest, CutterTask } from "./_cutter_worker.ts";

interface Waiting {
  readonly resolve: (chunks: Chunk[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Cuts runs into named chunks, and writes these, in a thread of its own. This takes some 4 ms a megabyte, during which
 * the engine would answer no reader.
 */
export class Cutter {
  readonly #directory: string;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #numbers = 0;

  /** `directory` is that of the chunk store. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  /**
   * Cuts a run. The caller must keep the run's memory open until the promise settles. Rejects when the memory can't be
   * read or the thread has ended.
   */
  async cut(run: Run): Promise<CutRun> {
    const worker = this.#worker ??= this.#start();
    const number = ++this.#numbers;
    const chunks = await this.#ask(worker, number, { cut: run });
    return {
      chunks,
      put: async () => {
        // A thread that was started later doesn't have the bytes.
        if (this.#worker !== worker) throw new Error("Cannot store chunks: their thread has ended");
        await this.#ask(worker, ++this.#numbers, { put: number, directory: this.#directory });
      },
      drop: () => {
        if (this.#worker === worker) this.#tell(worker, 0, { drop: number });
      },
    };
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#failAll(new Error("It was closed"));
  }

  #ask(worker: Worker, number: number, task: CutterTask): Promise<Chunk[]> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      this.#tell(worker, number, task);
    });
  }

  #tell(worker: Worker, number: number, task: CutterTask): void {
    const request: CutterRequest = { number, task };
    worker.postMessage(request);
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
