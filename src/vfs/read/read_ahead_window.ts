/** The first window, and the most: 30 s of a lossless track are some 4 MiB, and twice that outlasts a slow answer. */
const WINDOW_BYTES = 512 * 1024;
const WINDOW_BYTES_MAX = 8 * 1024 * 1024;
/**
 * The largest window for a reader that had to wait; a player that plays does not wait, so this is a copy or a scan. Half of
 * the window is on its way at any time: what 150 MB/s bring in 100 ms, 50 of them the network's and the rest queues'.
 */
const WINDOW_BYTES_HURRIED = 32 * 1024 * 1024;
/**
 * The kernel reads up to two of its windows ahead of the reader, 512 KiB each, and sends these READs at once, to be
 * taken in any order: so far from where reading has got to, a READ still belongs to it.
 */
const TOLERANCE_BYTES = 1024 * 1024;
/** A scanner of tags reads so much of a head in sequence, with pictures and all; only a player goes on. */
const HEAD_BYTES_READ = 256 * 1024;

/**
 * Whether somebody reads a file in sequence, and how far ahead of him bytes should be fetched. The window doubles each
 * time more is asked for, or grows eight times as large when he had to wait meanwhile, and a seek ends it.
 */
export class ReadAheadWindow {
  readonly #size: number;
  #position = 0;
  /** Bytes that were read in sequence since the last seek. */
  #inSequence = 0;
  #window = 0;
  /** Since more was asked for last, the reader had to wait. */
  #isHurried = false;
  /** What lies before was asked for, or is stored. */
  #asked = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** Reading has got to here. */
  get position(): number {
    return this.#position;
  }

  /** Bytes that were read in sequence since the last seek. */
  get inSequence(): number {
    return this.#inSequence;
  }

  /** Takes note of a READ; where to fetch up to now when that is more than before, 0 when there is nothing to fetch. */
  read(from: number, to: number): number {
    const isFirst = this.#inSequence === 0;
    const distance = from - this.#position;
    const goesOn = isFirst ||
      Math.abs(distance) <= Math.max(TOLERANCE_BYTES, distance < 0 ? this.#window : 0);
    if (!goesOn) {
      this.#inSequence = 0;
      this.#window = 0;
    }
    if (!goesOn || isFirst) this.#position = this.#asked = from;
    this.#position = Math.max(this.#position, to);
    this.#inSequence += to - from;
    if (!goesOn || isFirst || this.#inSequence < HEAD_BYTES_READ) return 0;
    return this.#target();
  }

  /** The reader has to wait for what he asked for. */
  waits(): void {
    this.#isHurried = true;
  }

  /** Where the next fetch ahead begins. */
  get from(): number {
    return Math.max(this.#asked, this.#position);
  }

  /** What lies before `position` is asked for, or is stored. */
  advanced(position: number): void {
    this.#asked = Math.max(this.#asked, position);
  }

  #target(): number {
    const ahead = this.#asked - this.#position;
    if (this.#window > 0 && ahead >= this.#window / 2) return 0;
    if (this.#asked >= this.#size) return 0;
    const most = this.#isHurried ? WINDOW_BYTES_HURRIED : WINDOW_BYTES_MAX;
    const grown = this.#window * (this.#isHurried ? 8 : 2);
    this.#window = Math.min(Math.max(WINDOW_BYTES, grown), most);
    this.#isHurried = false;
    return Math.min(this.#size, this.#position + this.#window);
  }
}
