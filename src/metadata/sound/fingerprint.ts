const words = new Uint32Array(16 * 1024);
const scratch = new Uint8Array(words.buffer);

/**
 * A 64-bit checksum in hex, of at most 64 KiB, by two lanes of MurmurHash3's mixing. It does not resist a person who
 * wants two files to be equal; it is faster than a call of a native hash for a few KB.
 */
export function fingerprint(bytes: Uint8Array): string {
  const length = Math.min(bytes.length, scratch.length);
  scratch.set(bytes.subarray(0, length));
  const count = (length + 3) >> 2;
  scratch.fill(0, length, count * 4);
  let a = length ^ 0x9e3779b9;
  let b = length ^ 0x85ebca6b;
  for (let i = 0; i < count; i++) {
    const word = words[i]!;
    a = Math.imul(a ^ word, 0xcc9e2d51);
    a = (a << 15) | (a >>> 17);
    b = Math.imul(b ^ word, 0x1b873593);
    b = (b << 13) | (b >>> 19);
    a = (a + b) | 0;
  }
  return mixed(a).toString(16).padStart(8, "0") + mixed(b ^ a).toString(16).padStart(8, "0");
}

function mixed(hash: number): number {
  let h = hash;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}
