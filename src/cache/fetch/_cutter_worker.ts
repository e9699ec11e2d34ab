/**
 * The thread that cuts runs into chunks and writes these: one task after the other.
 *
 * @module
 */
import type { Chunk } from "../../../events/facts/cache.ts";
import { messageOf } from "../../base/mod.ts";
import { type ChunkStore, ChunkStoreFull, DiskChunkStore, loadChecksum } from "../store/mod.ts";
import { giveWay } from "../../posix/mod.ts";
import { cut, type NamedBytes, type Run, RUN_BYTES_MAX, runLength } from "./cutting.ts";

/** `put` and `drop` name the request by which the run was cut. */
export type CutterTask =
  | { readonly cut: Run }
  | { readonly put: number; readonly directory: string }
  | { readonly drop: number };

export interface CutterRequest {
  readonly number: number;
  readonly task: CutterTask;
}

export type CutterAnswer =
  & { readonly number: number }
  & ({ readonly chunks: Chunk[] } | { readonly failure: string; readonly isFull: boolean });

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<CutterRequest>) => void;
  postMessage(answer: CutterAnswer): void;
};

// Readers wait for the threads that fetch bytes. Nobody waits for this thread, which stores them, so it gives way.
giveWay();

/** The memory of up to this many runs is reused: allocating memory costs more than reading the bytes into it. */
const MEMORIES_MAX = 2;

interface HeldRun {
  readonly chunks: readonly NamedBytes[];
  readonly memory: ArrayBuffer;
}

const runs = new Map<number, HeldRun>();
const memories: ArrayBuffer[] = [];
let opening: Promise<ChunkStore> | undefined;

scope.onmessage = async ({ data: { number, task } }) => {
  if ("drop" in task) {
    drop(task.drop);
    return;
  }
  try {
    if ("cut" in task) {
      const memory = memories.pop() ?? new ArrayBuffer(RUN_BYTES_MAX);
      const chunks = cut(task.cut, new Uint8Array(memory, 0, runLength(task.cut)));
      runs.set(number, { chunks, memory });
      scope.postMessage({
        number,
        chunks: chunks.map(({ hash, bytes }) => ({ hash, length: bytes.length })),
      });
    } else {
      const store = await (opening ??= open(task.directory));
      for (const { hash, bytes } of runs.get(task.put)?.chunks ?? []) store.put(hash, bytes);
      scope.postMessage({ number, chunks: [] });
    }
  } catch (error) {
    const isFull = error instanceof ChunkStoreFull;
    scope.postMessage({ number, failure: messageOf(error), isFull });
  }
};

function drop(number: number): void {
  const run = runs.get(number);
  runs.delete(number);
  if (run !== undefined && memories.length < MEMORIES_MAX) memories.push(run.memory);
}

async function open(directory: string): Promise<ChunkStore> {
  return new DiskChunkStore(directory, await loadChecksum());
}
