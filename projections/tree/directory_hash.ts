/**
 * 52 bits of a virtual path, or of another text that must have the same number in every process: two multiplicative hashes of 32 bits side by side, each mixed by the finaliser of
 * MurmurHash3. It is not cryptographic: directories with the same hash are distinguished by their paths.
 */
export function directoryHash(path: string): number {
  let high = 0x9e3779b9;
  let low = 0x85ebca6b;
  for (let i = 0; i < path.length; i++) {
    const code = path.charCodeAt(i);
    high = Math.imul(high ^ code, 0x01000193);
    low = Math.imul(low ^ code, 0x5bd1e995);
    low ^= low >>> 15;
  }
  high = mixed(high ^ path.length);
  low = mixed(low ^ high);
  return (high >>> 12) * 2 ** 32 + (low >>> 0);
}

function mixed(hash: number): number {
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
