import type { MusicEvent, ObservedFile, StoredEvent } from "../../events/mod.ts";
import type { SourceLog } from "../../projections/mod.ts";
import {
  laterSeq,
  LOG_START,
  OBSERVED_BATCH_FILES,
  type Seq,
  seqAfter,
  toSeq,
} from "../../src/base/mod.ts";
import { syntheticEvents, syntheticFile } from "./synthetic_library.ts";

/** A log of a first scan of so many files. It makes each event when that is read, and takes more. */
export class SyntheticLog implements SourceLog {
  readonly id: string;
  readonly #files: number;
  readonly #file: (i: number) => ObservedFile;
  readonly #first: readonly MusicEvent[];
  readonly #batches: number;
  readonly #more: MusicEvent[] = [];

  /** `file` makes a file by its index. */
  constructor(files: number, file: (i: number) => ObservedFile = syntheticFile) {
    this.id = `synthetic-${files}`;
    this.#files = files;
    this.#file = file;
    this.#first = [...syntheticEvents(0)].slice(0, 3);
    this.#batches = Math.ceil(files / OBSERVED_BATCH_FILES);
  }

  append(event: MusicEvent): void {
    this.#more.push(event);
  }

  lastSeq(): Seq {
    return toSeq(this.#first.length + this.#batches + this.#more.length);
  }

  *read({ from = LOG_START, to = this.lastSeq() } = {}): IterableIterator<StoredEvent> {
    for (let seq = laterSeq(toSeq(1), from); seq <= to; seq = seqAfter(seq)) {
      yield { ...this.#event(seq - 1), seq, at: 1_700_000_000_000 + seq };
    }
  }

  #event(at: number): MusicEvent {
    const batch = at - this.#first.length;
    if (batch < 0) return this.#first[at]!;
    if (batch >= this.#batches) return this.#more[batch - this.#batches]!;
    const files: ObservedFile[] = [];
    const from = batch * OBSERVED_BATCH_FILES;
    for (let i = from; i < Math.min(this.#files, from + OBSERVED_BATCH_FILES); i++) {
      files.push(this.#file(i));
    }
    const position = files.at(-1)!.path;
    return { type: "FilesObserved", v: 1, data: { origin: "local", scan: 1, position, files } };
  }
}
