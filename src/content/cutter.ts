import type { CutChunk, Run } from "./cutting.ts";
import type { CutterAnswer } from "./_cutter_worker.ts";

interface Waiting {
  readonly resolve: (chunks: CutChunk[]) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Cuts runs into named chunks in a thread of its own: some 2 ms a megabyte, during which nobody who waits for bytes
 * would be answered. The bytes are handed over, not copied.
 */
export class Cutter {
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #numbers = 0;

  /** The memory has to stay open until this settles. */
  cut(run: Run): Promise<CutChunk[]> {
    return new Promise((resolve, reject) => {
      const number = ++this.#numbers;
      this.#waiting.set(number, { resolve, reject });
      (this.#worker ??= this.#start()).postMessage({ number, run });
    });
  }

  close(): void {
    this.#worker?.terminate();
    this.#worker = undefined;
    this.#failAll(new Error("It was closed"));
  }

  #start(): Worker {
    const worker = new Worker(new URL("./_cutter_worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = ({ data }: MessageEvent<CutterAnswer>) => {
      const waiting = this.#waiting.get(data.number);
      this.#waiting.delete(data.number);
      if ("chunks" in data) waiting?.resolve(data.chunks);
      else waiting?.reject(new Error(data.failure));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (this.#worker === worker) this.#worker = undefined;
      worker.terminate();
      this.#failAll(new Error(`Cannot cut chunks: ${event.message}`));
    };
    return worker;
  }

  #failAll(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }
}
