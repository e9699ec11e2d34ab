/** Reads numbers of any width; the highest bit of a byte comes first, or the lowest. */
export class Bits {
  readonly #bytes: Uint8Array;
  readonly #first: "highest" | "lowest";
  #at = 0;

  constructor(bytes: Uint8Array, first: "highest" | "lowest" = "highest") {
    this.#bytes = bytes;
    this.#first = first;
  }

  /** Whether more bits were taken than there are. Bits beyond the end read as 0. */
  get isOver(): boolean {
    return this.#at > 8 * this.#bytes.length;
  }

  take(count: number): number {
    let value = 0;
    for (let i = 0; i < count; i++, this.#at++) {
      const byte = this.#bytes[this.#at >> 3] ?? 0;
      const place = this.#at & 7;
      if (this.#first === "highest") value = value * 2 + ((byte >> (7 - place)) & 1);
      else value += ((byte >> place) & 1) * 2 ** i;
    }
    return value;
  }
}
