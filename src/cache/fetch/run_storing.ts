import { type CutRun, type Run, RUN_BYTES_MAX } from "./cutting.ts";
import type { Delivery } from "./delivery.ts";
import type { ByteRange } from "./byte_ranges.ts";

/** A run of this many bytes is cut into chunks and stored while more of it arrives; no delivery is larger than this. */
const RUN_BYTES = RUN_BYTES_MAX / 2;

export interface RunStoringParts {
  /** Bytes of the file. */
  readonly size: number;
  /** Offsets at which a chunk ends, whatever its content. */
  readonly borders: readonly number[];
  /** All deliveries of the file whose memory is open. */
  readonly deliveries: ReadonlySet<Delivery>;
  /** The stored parts of the range. */
  stored(range: ByteRange): ByteRange[];
  /** Cuts a run into chunks; its memory stays open meanwhile. */
  cut(run: Run): Promise<CutRun>;
  /** Stores the chunks of a run, which begins at `offset` of the file; resolves with false when there is no room. */
  store(offset: number, run: CutRun, origin: string | null): Promise<boolean>;
  /** Called when all of the delivery is stored. */
  onStored(delivery: Delivery): void;
  /** Called when some bytes of the delivery can't be stored. */
  onUnstored(delivery: Delivery): void;
  onFault(error: unknown): void;
}

/** Deliveries that touch. `from` is the offset up to which the first one was cut; `isWhole` is as in {@link Run}. */
interface Part {
  readonly run: readonly Delivery[];
  readonly from: number;
  readonly isWhole: boolean;
}

interface CutPart extends Part {
  readonly to: number;
  readonly cut: CutRun;
}

/**
 * Stores the bytes of one version of a file that have arrived. It cuts them into chunks run by run. Each run begins
 * where the cutting of the one before it ended, so that a file that is read from its start is cut as if it had arrived
 * in one piece. While one run is written and noted in the log, the next one is cut.
 */
export class RunStoring {
  readonly #parts: RunStoringParts;
  readonly #unstored = new WeakSet<Delivery>();
  #storing: Promise<void> | undefined;
  #isClosed = false;

  constructor(parts: RunStoringParts) {
    this.#parts = parts;
  }

  /** Stores complete runs, with `all` incomplete ones too. A call waits until earlier calls are over. Never rejects. */
  async store(all: boolean): Promise<void> {
    while (this.#storing !== undefined) await this.#storing;
    if (this.#isClosed) return;
    this.#storing = this.#storeRuns(all)
      .catch((error) => this.#parts.onFault(error))
      .finally(() => this.#storing = undefined);
    await this.#storing;
  }

  /** Begins to store no more runs; resolves when no memory is being read. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#storing;
  }

  async #storeRuns(all: boolean): Promise<void> {
    /** The offsets of runs of which no chunk could be cut. */
    const passed = new Set<number>();
    let before: { readonly part: CutPart; readonly isStored: Promise<boolean> } | undefined;
    for (;;) {
      const part = this.#isClosed ? undefined : this.#next(all, passed);
      const cut = part && await this.#cut(part);
      if (part !== undefined && cut === undefined) passed.add(part.from);
      // Deliveries are released here and no earlier: before this, the cutter may still read their memory.
      if (before !== undefined) this.#end(before.part, await before.isStored);
      before = cut && { part: cut, isStored: this.#store(cut) };
      if (part === undefined) return;
    }
  }

  /** The first part that is to be stored now. */
  #next(all: boolean, passed: ReadonlySet<number>): Part | undefined {
    const { deliveries, size, borders, stored } = this.#parts;
    for (const touching of this.#runs()) {
      const run = beginning(touching);
      const from = run[0]!.cutTo;
      const { to } = run.at(-1)!;
      // A run waits while the delivery before it arrives: the run begins where the cutting of that delivery ends.
      const isAwaited = [...deliveries].some((it) => !it.isDone && it.to === from);
      if (isAwaited || passed.has(from)) continue;
      const goesOn = run.length < touching.length;
      const isWhole = !goesOn && (all || to === size || borders.includes(to) ||
        stored({ from: to, to: to + 1 }).length > 0);
      if (isWhole || goesOn || to - from >= RUN_BYTES) return { run, from, isWhole };
    }
    return undefined;
  }

  /** The deliveries that are complete and not cut to their end, grouped into runs of deliveries that touch. */
  #runs(): Delivery[][] {
    const done = [...this.#parts.deliveries].filter((it) => it.isDone && it.cutTo < it.to)
      .sort((a, b) => a.from - b.from);
    const runs: Delivery[][] = [];
    for (const delivery of done) {
      const run = runs.at(-1);
      const touches = run?.at(-1)?.to === delivery.from && delivery.cutTo === delivery.from;
      if (touches) run!.push(delivery);
      else runs.push([delivery]);
    }
    return runs;
  }

  /** Cuts a part; undefined when no chunk was cut from it. */
  async #cut(part: Part): Promise<CutPart | undefined> {
    const { run, from, isWhole } = part;
    try {
      const cut = await this.#parts.cut({
        pieces: run.map(({ memory: { fd }, from, cutTo, to }) => (
          { fd, at: cutTo - from, length: to - cutTo }
        )),
        offset: from,
        borders: this.#parts.borders,
        isWhole,
      });
      const to = cut.chunks.reduce((at, { length }) => at + length, from);
      if (to === from) {
        cut.drop();
        return undefined;
      }
      for (const delivery of run) {
        delivery.cutTo = Math.max(delivery.cutTo, Math.min(delivery.to, to));
      }
      return { ...part, to, cut };
    } catch (error) {
      this.#giveUp(run);
      this.#parts.onFault(error);
      return undefined;
    }
  }

  async #store({ run, from, cut }: CutPart): Promise<boolean> {
    try {
      // After `close`, the cutter may have read the memory of another delivery, which got the same descriptor.
      return !this.#isClosed && await this.#parts.store(from, cut, run[0]!.origin);
    } catch (error) {
      this.#parts.onFault(error);
      return false;
    } finally {
      cut.drop();
    }
  }

  #end({ run, to }: CutPart, isStored: boolean): void {
    if (this.#isClosed) return;
    if (!isStored) return this.#giveUp(run);
    for (const delivery of run) {
      if (delivery.to <= to && !this.#unstored.has(delivery)) this.#parts.onStored(delivery);
    }
  }

  #giveUp(run: readonly Delivery[]): void {
    for (const delivery of run) {
      delivery.cutTo = delivery.to;
      if (this.#unstored.has(delivery)) continue;
      this.#unstored.add(delivery);
      this.#parts.onUnstored(delivery);
    }
  }
}

/**
 * The first deliveries of a run that are cut at a time: at least RUN_BYTES where the run has them, at most
 * RUN_BYTES_MAX.
 */
function beginning(run: readonly Delivery[]): readonly Delivery[] {
  let bytes = 0;
  const last = run.findIndex(({ cutTo, to }) => (bytes += to - cutTo) >= RUN_BYTES);
  return last < 0 ? run : run.slice(0, last + 1);
}
