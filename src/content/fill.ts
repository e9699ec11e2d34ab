import { type ByteRange, missingRanges, overlaps, splitRange } from "./byte_ranges.ts";
import type { CutRun, Run } from "./cutting.ts";
import { Delivery } from "./delivery.ts";
import type { Turns } from "./turns.ts";

/**
 * Bytes of one request to an origin, at least and at most: of little that is wanted a few share the way, of much that
 * is wanted the first bytes come first, and what each request costs is paid seldom.
 */
export const PART_BYTES = 1024 * 1024;
const PART_BYTES_MAX = 4 * 1024 * 1024;
/** So many requests for what is wanted at once: one may be slow. */
const PARTS_AT_ONCE = 2;
/** What is told of the beginning of a part. */
const BEGINNING_BYTES = 64 * 1024;
/** A hole of this many bytes beside what is read is closed: what the kernel reads ahead is not the same every time. */
const GAP_BYTES = 64 * 1024;
/** A run of this many bytes is cut into chunks and stored while more of it arrives. */
const RUN_BYTES = 4 * 1024 * 1024;
/** After so long without news, what is left of a run is stored as it is. */
const SETTLE_MS = 500;

/** Bytes as they come from an origin. */
export interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly origin: string;
}

/** What is being filled: one version of a file. */
export interface FilledVersion {
  readonly file: number;
  readonly version: number;
  readonly size: number;
  /** Offsets at which a chunk ends, whatever its content: where tags and sound meet. */
  readonly borders: readonly number[];
}

export interface FillParts {
  readonly turns: Turns;
  /** Streams bytes of this version; others go first when nobody waits for them. */
  read(range: ByteRange, isBackground: boolean): AsyncIterable<Piece>;
  /** What of the range is stored. */
  stored(range: ByteRange): ByteRange[];
  /** Cuts a run into chunks; its memory stays open meanwhile. */
  cut(run: Run): Promise<CutRun>;
  /** Stores chunks that lie one behind the other; false when there is no room. */
  store(offset: number, run: CutRun, origin: string | null): Promise<boolean>;
  /** A delivery is stored: closes it when nobody needs it any more. */
  letGo(delivery: Delivery): void;
  /** One can't be stored: closes it in a while, and says so. */
  keep(delivery: Delivery, onClosed: () => void): void;
  /** Bytes that are not stored came into shared memory or left it. */
  onMemory(change: number): void;
  onFault(error: unknown): void;
}

/**
 * One version of a file while bytes of it arrive: every byte is asked for once, whoever waits for it. What has arrived
 * is cut into chunks run by run, each run from where the one before was stored up to, so that a file that is read from
 * its start is cut as if it had come in one piece.
 */
export class Fill {
  readonly of: FilledVersion;
  readonly #parts: FillParts;
  readonly #deliveries = new Set<Delivery>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #storing: Promise<void> | undefined;
  #isClosed = false;

  constructor(of: FilledVersion, parts: FillParts) {
    this.of = of;
    this.#parts = parts;
  }

  /** Nothing is on its way and nothing waits to be stored. */
  get isIdle(): boolean {
    return this.#deliveries.size === 0;
  }

  /** Starts to fetch what of the range is neither stored nor on its way. Throws PosixError without memory for it. */
  begin(range: ByteRange, isUrgent: boolean): void {
    const known = [...this.#parts.stored(range), ...this.#deliveries];
    for (const missing of missingRanges(range, known)) {
      for (const part of splitRange(missing, partBytes(missing))) {
        void this.#fetch(new Delivery(part, isUrgent));
      }
    }
    if (isUrgent) { for (const delivery of this.#covering(range)) delivery.isUrgent = true; }
  }

  /** What lies between the range and what is known close to it, the ends of the file among that. */
  gapsBeside({ from, to }: ByteRange): ByteRange[] {
    const { size } = this.of;
    const around = { from: Math.max(0, from - GAP_BYTES), to: Math.min(size, to + GAP_BYTES) };
    const known = [...this.#parts.stored(around), ...this.#covering(around)];
    const before = Math.max(
      around.from === 0 ? 0 : -Infinity,
      ...known.filter((it) => it.from < from).map((it) => Math.min(it.to, from)),
    );
    const behind = Math.min(
      around.to === size ? size : Infinity,
      ...known.filter((it) => it.to > to).map((it) => Math.max(it.from, to)),
    );
    return [{ from: before, to: from }, { from: to, to: behind }]
      .filter((gap) => gap.from < gap.to && gap.to - gap.from <= GAP_BYTES);
  }

  /** Resolves when every byte of the range that is on its way has arrived. */
  async reached(range: ByteRange): Promise<void> {
    await Promise.all(
      this.#covering(range).map((delivery) => delivery.reached(Math.min(delivery.to, range.to))),
    );
  }

  /** Memory that holds bytes of the range. */
  shared(range: ByteRange): Delivery[] {
    return this.#covering(range).filter((it) => it.arrived > Math.max(it.from, range.from));
  }

  /** The beginning of each part that is not stored yet, by offset, as far as it has arrived. */
  arrived(): { offset: number; bytes: Uint8Array<ArrayBuffer> }[] {
    return [...this.#deliveries].filter(({ from, arrived }) => arrived > from)
      .sort((a, b) => a.from - b.from)
      .map((it) => ({
        offset: it.from,
        bytes: it.bytes(it.from, Math.min(it.arrived, it.from + BEGINNING_BYTES)),
      }));
  }

  /** Stores all that has arrived. */
  async settle(): Promise<void> {
    // The end of a stream comes a moment after its last bytes.
    const whole = [...this.#deliveries].filter(({ arrived, to }) => arrived === to);
    await Promise.all(whole.map(({ ended }) => ended));
    clearTimeout(this.#timer);
    await this.#store(true);
  }

  /** Lets go of all memory, as soon as nothing of it is being stored any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    if (this.#storing !== undefined) await this.#storing;
    for (const delivery of this.#deliveries) this.#drop(delivery);
  }

  #covering(range: ByteRange): Delivery[] {
    return [...this.#deliveries].filter((delivery) => overlaps(delivery, range));
  }

  async #fetch(delivery: Delivery): Promise<void> {
    this.#deliveries.add(delivery);
    this.#parts.onMemory(delivery.to - delivery.from);
    const giveBack = await this.#parts.turns.take(() => delivery.isUrgent);
    try {
      if (this.#isClosed) return;
      for await (const { bytes, origin } of this.#parts.read(delivery, !delivery.isUrgent)) {
        if (this.#isClosed) return;
        delivery.origin = origin;
        delivery.push(bytes);
      }
      if (delivery.arrived < delivery.to) throw new Error("The origin gave fewer bytes than asked");
      delivery.finish();
      this.#arrived();
    } catch (error) {
      delivery.fail(error);
      this.#drop(delivery);
      this.#arrived();
    } finally {
      giveBack();
    }
  }

  /** A part is there, or will not come. */
  #arrived(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#store(true), SETTLE_MS);
    this.#store(false);
  }

  /** Stores complete runs, with `all` incomplete ones too. One at a time; equal wishes are one. */
  async #store(all: boolean): Promise<void> {
    while (this.#storing !== undefined) await this.#storing;
    if (this.#isClosed) return;
    this.#storing = this.#storeRuns(all)
      .catch((error) => this.#parts.onFault(error))
      .finally(() => this.#storing = undefined);
    await this.#storing;
  }

  async #storeRuns(all: boolean): Promise<void> {
    for (const run of this.#runs()) {
      const from = run[0]!.storedTo;
      const to = run.at(-1)!.to;
      // It is cut where what comes before it ends.
      if ([...this.#deliveries].some((it) => !it.isDone && it.to === from)) continue;
      const isWhole = all || to === this.of.size || this.of.borders.includes(to) ||
        this.#parts.stored({ from: to, to: to + 1 }).length > 0;
      if (!isWhole && to - from < RUN_BYTES) continue;
      try {
        const end = await this.#storeRun(run, from, isWhole);
        if (end === undefined) this.#keep(run);
        else this.#release(run, end);
      } catch (error) {
        this.#keep(run);
        this.#parts.onFault(error);
      }
    }
  }

  /** Returns the offset up to which the run is stored; undefined without room for it. */
  async #storeRun(
    run: readonly Delivery[],
    from: number,
    isWhole: boolean,
  ): Promise<number | undefined> {
    const cut = await this.#cut(run, from, isWhole);
    try {
      // Another's memory may have had the same number by the time it was read.
      if (this.#isClosed || cut.chunks.length === 0) return from;
      const isStored = await this.#parts.store(from, cut, run[0]!.origin);
      return isStored ? cut.chunks.reduce((at, { length }) => at + length, from) : undefined;
    } finally {
      cut.drop();
    }
  }

  /** Deliveries that are done and not stored, those that touch together. */
  #runs(): Delivery[][] {
    const done = [...this.#deliveries].filter((it) => it.isDone && it.storedTo < it.to)
      .sort((a, b) => a.from - b.from);
    const runs: Delivery[][] = [];
    for (const delivery of done) {
      const run = runs.at(-1);
      const touches = run?.at(-1)?.to === delivery.from && delivery.storedTo === delivery.from;
      if (touches) run!.push(delivery);
      else runs.push([delivery]);
    }
    return runs;
  }

  #cut(run: readonly Delivery[], from: number, isWhole: boolean): Promise<CutRun> {
    return this.#parts.cut({
      pieces: run.map(({ memory: { fd }, from, storedTo, to }) => (
        { fd, at: storedTo - from, length: to - storedTo }
      )),
      offset: from,
      borders: this.of.borders,
      isWhole,
    });
  }

  /** What lies before `end` is stored: memory that holds nothing else is let go of. */
  #release(run: readonly Delivery[], end: number): void {
    for (const delivery of run) {
      delivery.storedTo = Math.max(delivery.storedTo, Math.min(delivery.to, end));
      if (delivery.storedTo < delivery.to) continue;
      this.#forget(delivery);
      this.#parts.letGo(delivery);
    }
  }

  /** What can't be stored is given to readers from memory for a while: some of it was fetched ahead of them. */
  #keep(run: readonly Delivery[]): void {
    for (const delivery of run) {
      delivery.storedTo = delivery.to;
      this.#parts.keep(delivery, () => this.#forget(delivery));
    }
  }

  #drop(delivery: Delivery): void {
    if (this.#forget(delivery)) delivery.close();
  }

  #forget(delivery: Delivery): boolean {
    if (!this.#deliveries.delete(delivery)) return false;
    this.#parts.onMemory(delivery.from - delivery.to);
    return true;
  }
}

/** A multiple of the least, so that the parts of several wishes begin at the same places. */
function partBytes({ from, to }: ByteRange): number {
  const share = Math.ceil((to - from) / PARTS_AT_ONCE / PART_BYTES) * PART_BYTES;
  return Math.min(Math.max(share, PART_BYTES), PART_BYTES_MAX);
}
