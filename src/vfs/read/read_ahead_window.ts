/** The first window, and the largest: 30 s of a lossless track are some 4 MiB, and twice that outlasts a slow answer. */
const WINDOW_BYTES = 512 * 1024;
const WINDOW_BYTES_MAX = 8 * 1024 * 1024;
/**
 * The largest window for a reader that had to wait. A playing player does not wait, so this is a copy or a scan. Half
 * of the window is under way at any time: what 150 MB/s bring in 100 ms, 50 of which the network takes and the rest
 * queues.
 */
const WINDOW_BYTES_HURRIED = 32 * 1024 * 1024;
/**
 * The kernel reads up to two of its windows of 512 KiB ahead of the reader, and sends these READs at once, to be
 * answered in any order: a READ this far from the reader's position still belongs to the sequence.
 */
const TOLERANCE_BYTES = 1024 * 1024;
/** Scanners of tags read this much of a head in sequence, pictures included. Only players read on. */
const HEAD_BYTES_READ = 256 * 1024;

/**
 * Notices that a file is read in sequence, and decides how far ahead bytes should be fetched. The window doubles with
 * each further fetch, or grows eightfold when the reader had to wait meanwhile. A seek ends it.
 */
export class ReadAheadWindow {
  readonly #size: number;
  #position = 0;
  /** The bytes read in sequence since the last seek. */
  #inSequence = 0;
  #window = 0;
  /** Whether the reader has had to wait since the last fetch. */
  #isHurried = false;
  /** Everything before this was requested, or is stored. */
  #asked = 0;

  constructor(size: number) {
    this.#size = size;
  }

  /** The reader's position. */
  get position(): number {
    return this.#position;
  }

  /** Bytes that were read in sequence since the last seek. */
  get inSequence(): number {
    return this.#inSequence;
  }

  /** Records a READ. Returns the position up to which to fetch now; 0 when there is nothing to fetch. */
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

  /** To be called when the reader has to wait. */
  waits(): void {
    this.#isHurried = true;
  }

  /** Where the next fetch begins. */
  get from(): number {
    return Math.max(this.#asked, this.#position);
  }

  /** To be called when everything before `position` was requested, or is stored. */
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
