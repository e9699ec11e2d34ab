/**
 * The thread that cuts and writes: one run after the other.
 *
 * @module
 */
import { messageOf } from "../base/mod.ts";
import { type ChunkStore, ChunkStoreFull, DiskChunkStore, loadChecksum } from "../chunks/mod.ts";
import { giveWay } from "../posix/mod.ts";
import { cut, type CutChunk, type Run } from "./cutting.ts";

export interface CutterRequest {
  readonly number: number;
  /** Of the store, always the same. */
  readonly directory: string;
  readonly task: { readonly run: Run } | { readonly chunks: readonly CutChunk[] };
}

export type CutterAnswer =
  & { readonly number: number }
  & ({ readonly chunks: CutChunk[] } | { readonly failure: string; readonly isFull: boolean });

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<CutterRequest>) => void;
  postMessage(answer: CutterAnswer, transfer?: Transferable[]): void;
};

// Who reads waits for the bytes, and for their being stored nobody does.
giveWay();

let opening: Promise<ChunkStore> | undefined;

scope.onmessage = async ({ data: { number, directory, task } }) => {
  try {
    if ("run" in task) {
      const chunks = cut(task.run);
      // Handed over, not copied.
      const memory = new Set(chunks.map(({ bytes }) => bytes.buffer));
      scope.postMessage({ number, chunks }, [...memory]);
    } else {
      const store = await (opening ??= open(directory));
      for (const { hash, bytes } of task.chunks) store.put(hash, bytes);
      scope.postMessage({ number, chunks: [] });
    }
  } catch (error) {
    const isFull = error instanceof ChunkStoreFull;
    scope.postMessage({ number, failure: messageOf(error), isFull });
  }
};

async function open(directory: string): Promise<ChunkStore> {
  return new DiskChunkStore(directory, await loadChecksum());
}
