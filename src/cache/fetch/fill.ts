import type { ContentVersion, FileId } from "../../base/mod.ts";
import { type ByteRange, missingRanges, overlaps, splitRange } from "./byte_ranges.ts";
import { giveBack } from "../../origins/mod.ts";
import { type CutRun, type Run, RUN_BYTES_MAX } from "./cutting.ts";
import { Delivery } from "./delivery.ts";
import { RunStoring } from "./run_storing.ts";
import type { Turns } from "./turns.ts";

/**
 * Bytes of one request to an origin, at least and at most. A small range is split among a few parallel requests. A
 * large range takes large requests: its first bytes come first, and the cost of a request is paid seldom.
 */
export const PART_BYTES = 1024 * 1024;
const PART_BYTES_MAX = RUN_BYTES_MAX / 2;
/** A wanted range is requested in this many parts at once: one of them may be slow. */
const PARTS_AT_ONCE = 2;
/** This many bytes from the beginning of a part that is not stored yet are used to compare the file with a copy. */
const BEGINNING_BYTES = 64 * 1024;
/**
 * A gap of up to this many bytes beside a wanted range is fetched with it: the kernel's read-ahead leaves such gaps.
 */
const GAP_BYTES = 64 * 1024;
/** When no part has arrived for this long, the rest of a run is stored, although more of it may follow. */
const SETTLE_MS = 500;

/** Bytes as they come from an origin. */
export interface Piece {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly origin: string;
}

/** The version of a file that a fill fetches. */
export interface FilledVersion {
  readonly file: FileId;
  readonly version: ContentVersion;
  readonly size: number;
  /** Offsets at which a chunk ends, whatever its content: where tags and sound meet. */
  readonly borders: readonly number[];
}

export interface FillParts {
  readonly turns: Turns;
  /**
   * Streams bytes of this version. `isBackground` says that no reader waits for them: then requests for which a reader
   * waits go first.
   */
  read(range: ByteRange, isBackground: boolean): AsyncIterable<Piece>;
  /** The stored parts of the range. */
  stored(range: ByteRange): ByteRange[];
  /** Cuts a run into chunks; its memory stays open meanwhile. */
  cut(run: Run): Promise<CutRun>;
  /** Stores the chunks of a run, which begins at `offset` of the file; resolves with false when there is no room. */
  store(offset: number, run: CutRun, origin: string | null): Promise<boolean>;
  /** Called when all of a delivery is stored. The callee closes the delivery when no reader needs it any more. */
  letGo(delivery: Delivery): void;
  /** Called when a delivery can't be stored. The callee closes it after a while, and calls `onClosed` then. */
  keep(delivery: Delivery, onClosed: () => void): void;
  /**
   * Called when the number of bytes that are in shared memory and not stored changes: by `change`, negative when it
   * shrinks.
   */
  onMemory(change: number): void;
  onFault(error: unknown): void;
}

/**
 * Fetches bytes of one version of a file and has them stored. Each byte is requested once, however many readers wait
 * for it.
 */
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
      // The bytes stay readable in memory for a while: some of them were fetched ahead of their reader.
      onUnstored: (delivery) => parts.keep(delivery, () => this.#forget(delivery)),
      onFault: (error) => parts.onFault(error),
    });
  }

  /** Whether no bytes are on their way and none wait to be stored. */
  get isIdle(): boolean {
    return this.#deliveries.size === 0;
  }

  /** Whether all of the range is stored or on its way. */
  knows(range: ByteRange): boolean {
    return this.#missing(range).length === 0;
  }

  /**
   * Starts to fetch the parts of the range that are neither stored nor on their way. Throws PosixError without memory
   * for them.
   */
  begin(range: ByteRange, isUrgent: boolean): void {
    for (const missing of this.#missing(range)) {
      for (const part of splitRange(missing, partBytes(missing))) {
        void this.#fetch(new Delivery(part, isUrgent));
      }
    }
    if (isUrgent) { for (const delivery of this.#covering(range)) delivery.isUrgent = true; }
  }

  /**
   * The gaps of up to GAP_BYTES between the range and the nearest bytes that are stored or on their way, or the ends of
   * the file.
   */
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

  /** The deliveries whose memory holds bytes of the range. */
  shared(range: ByteRange): Delivery[] {
    return this.#covering(range).filter((it) => it.arrived > Math.max(it.from, range.from));
  }

  /**
   * Up to BEGINNING_BYTES from the beginning of each part that is not stored yet, as far as they have arrived, by
   * offset.
   */
  arrived(): { offset: number; bytes: Uint8Array<ArrayBuffer> }[] {
    return [...this.#deliveries].filter(({ from, arrived }) => arrived > from)
      .sort((a, b) => a.from - b.from)
      .map((it) => ({
        offset: it.from,
        bytes: it.bytes(it.from, Math.min(it.arrived, it.from + BEGINNING_BYTES)),
      }));
  }

  /** Stores all bytes that have arrived. */
  async settle(): Promise<void> {
    // A stream ends a moment after its last bytes have arrived.
    const whole = [...this.#deliveries].filter(({ arrived, to }) => arrived === to);
    await Promise.all(whole.map(({ ended }) => ended));
    clearTimeout(this.#timer);
    await this.#storing.store(true);
  }

  /** Frees all memory, as soon as none of it is being stored. */
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

  /** To be called when a part has arrived, or has failed. */
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

/**
 * The size of the parts of a range: a multiple of PART_BYTES, so that the parts of several ranges begin at the same
 * places.
 */
function partBytes({ from, to }: ByteRange): number {
  const share = Math.ceil((to - from) / PARTS_AT_ONCE / PART_BYTES) * PART_BYTES;
  return Math.min(Math.max(share, PART_BYTES), PART_BYTES_MAX);
}
