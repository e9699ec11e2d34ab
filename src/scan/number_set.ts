/** A set of file numbers, one bit each: a million files are 128 KB. */
export class NumberSet {
  #bits = new Uint8Array(1024);

  has(number: number): boolean {
    return ((this.#bits[number >>> 3] ?? 0) & (1 << (number & 7))) !== 0;
  }

  /** Returns false when the number was in the set already. */
  add(number: number): boolean {
    if (this.has(number)) return false;
    this.#reserve(number >>> 3);
    this.#bits[number >>> 3]! |= 1 << (number & 7);
    return true;
  }

  /** Returns false when the number was not in the set. */
  delete(number: number): boolean {
    if (!this.has(number)) return false;
    this.#bits[number >>> 3]! &= ~(1 << (number & 7));
    return true;
  }

  #reserve(byte: number): void {
    if (byte < this.#bits.length) return;
    const grown = new Uint8Array(Math.max(byte + 1, 2 * this.#bits.length));
    grown.set(this.#bits);
    this.#bits = grown;
  }
}
