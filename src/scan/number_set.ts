/** A set of file numbers, one bit each: a million files are 128 KB. */
export class NumberSet {
  #bits = new Uint8Array(1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  has(number: number): boolean {
    return ((this.#bits[number >>> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  add(number: number): void {
    if (this.has(number)) return;
    this.#reserve(number >>> 3);
    this.#bits[number >>> 3]! |= 1 << (number & 7);
    this.#size++;
  }

  delete(number: number): void {
    if (!this.has(number)) return;
    this.#bits[number >>> 3]! &= ~(1 << (number & 7));
    this.#size--;
  }

  #reserve(byte: number): void {
    if (byte < this.#bits.length) return;
    const grown = new Uint8Array(Math.max(byte + 1, 2 * this.#bits.length));
    grown.set(this.#bits);
    this.#bits = grown;
  }
}
