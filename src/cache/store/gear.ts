/**
 * Seed of the generator. A table from another seed would cut at other places, and share no chunk with what is stored.
 */
const SEED = 0x6d757369;

/**
 * A random number of 32 bits for each value of a byte, made by SplitMix32: so the table is a page of arithmetic and not
 * one of numbers. FORMAT.md describes the arithmetic.
 */
export const GEAR: Int32Array<ArrayBuffer> = makeGear();

function makeGear(): Int32Array<ArrayBuffer> {
  const table = new Int32Array(256);
  let state = SEED;
  for (let i = 0; i < table.length; i++) {
    state = (state + 0x9e3779b9) | 0;
    let z = state ^ (state >>> 16);
    z = Math.imul(z, 0x21f0aaad);
    z ^= z >>> 15;
    z = Math.imul(z, 0x735a2d97);
    table[i] = z ^ (z >>> 15);
  }
  return table;
}
