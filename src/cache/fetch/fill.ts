import type { ContentVersion, FileId } from "../../base/mod.ts";
import { type ByteRange, missingRanges, overlaps, splitRange } from "./byte_ranges.ts";
import { giveBack } from "../../origins/mod.ts";
import { type CutRun, type Run, RUN_BYTES_MAX } from "./cutting.ts";
import { Delivery } from "./delivery.ts";
import { RunStoring } from "./run_storing.ts";
import type { Turns } from "./turns.ts";

/**
 * Bytes of one request to an origin, at least and at most: of little that is wanted a few share the way, of much that
 * is wanted the first bytes come first, and what each request costs is paid seldom.
 */
export const PART_BYTES = 1024 * 1024;
const PART_BYTES_MAX = RUN_BYTES_MAX / 2;
/** A wanted range is asked for in this many requests at once: one of them may be slow. */
const PARTS_AT_ONCE = 2;
/** The beginning of a part that has not been stored yet: this many bytes of it are given to be compared with a copy. */
const BEGINNING_BYTES = 64 * 1024;
/** A hole of up to this many bytes beside a wanted range is fetched with it: the kernel's read-ahead leaves such holes. */
const GAP_BYTES = 64 * 1024;
/** When nothing has arrived for this long, the rest of a run is stored although it may go on. */
const SETTLE_MS = 500;

/** Bytes as they come from an origin. */
export interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly origin: string;
}

/** What is being filled: one version of a file. */
export interface FilledVersion {
  readonly file: FileId;
  readonly version: ContentVersion;
  readonly size: number;
  /** Offsets at which a chunk ends, whatever its content: where tags and sound meet. */
  readonly borders: readonly number[];
}

export interface FillParts {
  readonly turns: Turns;
  /** Streams bytes of this version; when nobody waits for these bytes, requests that somebody waits for go first. */
  read(range: ByteRange, isBackground: boolean): AsyncIterable<Piece>;
  /** What of the range is stored. */
  stored(range: ByteRange): ByteRange[];
  /** Cuts a run into chunks; its memory stays open meanwhile. */
  cut(run: Run): Promise<CutRun>;
  /** Stores chunks that lie one behind the other; false when there is no room. */
  store(offset: number, run: CutRun, origin: string | null): Promise<boolean>;
  /** All of a delivery is stored: whoever takes the call closes it when no reader needs it any more. */
  letGo(delivery: Delivery): void;
  /** A delivery can't be stored: whoever takes the call closes it in a while, and logs why. */
  keep(delivery: Delivery, onClosed: () => void): void;
  /** Bytes that are not stored came into shared memory or left it. */
  onMemory(change: number): void;
  onFault(error: unknown): void;
}

/** One version of a file while bytes of it arrive: every byte is asked for once, whoever waits for it, and stored. */
export class Fill {
  readonly of: FilledVersion;
  readonly #parts: FillParts;
  readonly #deliveries = new Set<Delivery>();
  readonly #storing: RunStoring;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isClosed = false;

  constructor(of: FilledVersion, parts: FillParts) {
    this.of = of;
    this.#parts = parts;
    this.#storing = new RunStoring({
      size: of.size,
      borders: of.borders,
      deliveries: this.#deliveries,
      stored: (range) => parts.stored(range),
      cut: (run) => parts.cut(run),
      store: (...run) => parts.store(...run),
      onStored: (delivery) => {
        this.#forget(delivery);
        parts.letGo(delivery);
      },
      // Readers get the bytes from memory for a while: some of them were fetched ahead of the reader.
      onUnstored: (delivery) => parts.keep(delivery, () => this.#forget(delivery)),
      onFault: (error) => parts.onFault(error),
    });
  }

  /** Nothing is on its way and nothing waits to be stored. */
  get isIdle(): boolean {
    return this.#deliveries.size === 0;
  }

  /** Whether all of the range is stored or on its way. */
  knows(range: ByteRange): boolean {
    return this.#missing(range).length === 0;
  }

  /** Starts to fetch what of the range is neither stored nor on its way. Throws PosixError without memory for it. */
  begin(range: ByteRange, isUrgent: boolean): void {
    for (const missing of this.#missing(range)) {
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
    await this.#storing.store(true);
  }

  /** Lets go of all memory, as soon as nothing of it is being stored any more. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#storing.close();
    for (const delivery of this.#deliveries) this.#drop(delivery);
  }

  #missing(range: ByteRange): ByteRange[] {
    return missingRanges(range, [...this.#parts.stored(range), ...this.#deliveries]);
  }

  #covering(range: ByteRange): Delivery[] {
    return [...this.#deliveries].filter((delivery) => overlaps(delivery, range));
  }

  async #fetch(delivery: Delivery): Promise<void> {
    this.#deliveries.add(delivery);
    this.#parts.onMemory(delivery.to - delivery.from);
    const endTurn = await this.#parts.turns.take(() => delivery.isUrgent);
    try {
      if (this.#isClosed) return;
      for await (const { bytes, origin } of this.#parts.read(delivery, !delivery.isUrgent)) {
        if (this.#isClosed) return;
        delivery.origin = origin;
        delivery.push(bytes);
        giveBack(bytes);
      }
      if (delivery.arrived < delivery.to) throw new Error("The origin gave fewer bytes than asked");
      delivery.finish();
      this.#arrived();
    } catch (error) {
      delivery.fail(error);
      this.#drop(delivery);
      this.#arrived();
    } finally {
      endTurn();
    }
  }

  /** A part has arrived, or has failed. */
  #arrived(): void {
    clearTimeout(this.#timer);
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => this.#storing.store(true), SETTLE_MS);
    this.#storing.store(false);
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
