/** Bytes of a checksum: xxHash64, little-endian. */
export const CHECKSUM_BYTES = 8;
/** Bytes of a chunk that have a checksum of their own, so that a few can be read without the rest. */
export const BLOCK_BYTES = 4096;

/** Digits of a chunk's name that the checksum starts from: 64 bits. */
const SEED_DIGITS = 16;

/**
 * xxHash64 of a chunk's bytes, starting from its name: the bytes of another chunk, found whole where this one
 * should be, have another checksum. That of a block starts from its number as well, which counts from 1.
 */
export type Checksum = (bytes: Uint8Array, hash: string, block?: number) => bigint;

/** Checksums that stand behind the bytes of a chunk: one of all, and one of each block where there are several. */
export function checksumsOf(length: number): number {
  return 1 + (length > BLOCK_BYTES ? Math.ceil(length / BLOCK_BYTES) : 0);
}

/** The hash is compiled when the first chunk is met: a mount of local files does without. */
export async function loadChecksum(): Promise<Checksum> {
  const { default: load } = await import("xxhash-wasm");
  const { h64Raw } = await load();
  // Blocks of one chunk are compared one behind the other.
  let last = "";
  let seed = 0n;
  return (bytes, hash, block = 0) => {
    if (hash !== last) {
      last = hash;
      seed = BigInt(`0x${hash.slice(0, SEED_DIGITS)}`);
    }
    return h64Raw(bytes, BigInt.asUintN(64, seed + BigInt(block)));
  };
}
