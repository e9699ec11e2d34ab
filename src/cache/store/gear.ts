/** Start of the generator; a table made from another cuts everything anew. */
const SEED = 0x6d757369;

/**
 * A random number of 32 bits for each value of a byte: SplitMix32, so that the table is a page of arithmetic and not
 * one of numbers. FORMAT.md has it in words.
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
