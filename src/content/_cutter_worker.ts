/**
 * The thread that cuts: one run after the other.
 *
 * @module
 */
import { messageOf } from "../base/mod.ts";
import { cut, type CutChunk, type Run } from "./cutting.ts";

export interface CutterRequest {
  readonly number: number;
  readonly run: Run;
}

export type CutterAnswer =
  & { readonly number: number }
  & ({ readonly chunks: CutChunk[] } | { readonly failure: string });

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<CutterRequest>) => void;
  postMessage(answer: CutterAnswer, transfer?: Transferable[]): void;
};

scope.onmessage = ({ data: { number, run } }) => {
  try {
    const chunks = cut(run);
    const memory = new Set(chunks.map(({ bytes }) => bytes.buffer));
    scope.postMessage({ number, chunks }, [...memory]);
  } catch (error) {
    scope.postMessage({ number, failure: messageOf(error) });
  }
};
