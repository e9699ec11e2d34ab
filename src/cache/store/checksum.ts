/** Bytes of a checksum: xxHash64, little-endian. */
export const CHECKSUM_BYTES = 8;
/** Bytes of a block, which has a checksum of its own, so that a few bytes of a chunk can be read without the rest. */
export const BLOCK_BYTES = 4096;

/** Digits of a chunk's name that are the seed of its checksum: 64 bits. */
const SEED_DIGITS = 16;

/**
 * The xxHash64 of a chunk's bytes, with its name as the seed: so the bytes of another chunk, found whole in this one's
 * place, have another checksum. The seed of a block also includes the block's number, which counts from 1.
 */
export type Checksum = (bytes: Uint8Array, hash: string, block?: number) => bigint;

/** How many checksums follow the bytes of a chunk: one of all bytes, and one of each block where there are several. */
export function checksumsOf(length: number): number {
  return 1 + (length > BLOCK_BYTES ? Math.ceil(length / BLOCK_BYTES) : 0);
}

/** Loads xxHash. It is compiled only when the first chunk is needed: a mount of local files never needs it. */
export async function loadChecksum(): Promise<Checksum> {
  const { default: load } = await import("xxhash-wasm");
  const { h64Raw } = await load();
  // Blocks of one chunk are compared one after the other: the seed is computed once for all of them.
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
