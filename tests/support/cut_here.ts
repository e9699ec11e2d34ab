import type { ChunkStore } from "../../src/cache/store/mod.ts";
import { cut, type CutRun, type Run, runLength } from "../../src/cache/fetch/cutting.ts";

/** Cuts a run in this thread and puts its chunks into any store. */
export function cutHere(run: Run, store: Pick<ChunkStore, "put">): CutRun {
  const chunks = cut(run, new Uint8Array(runLength(run)));
  return {
    chunks: chunks.map(({ hash, bytes }) => ({ hash, length: bytes.length })),
    put: () => Promise.try(() => chunks.forEach(({ hash, bytes }) => store.put(hash, bytes))),
    drop: () => {},
  };
}
