/** Bytes behind those of a chunk in its file: xxHash64, little-endian. */
export const CHECKSUM_BYTES = 8;

/** Digits of a chunk's name that the checksum starts from: 64 bits. */
const SEED_DIGITS = 16;

/**
 * xxHash64 of a chunk's bytes, starting from its name: the bytes of another chunk, found whole where this one
 * should be, have another checksum.
 */
export type Checksum = (bytes: Uint8Array, hash: string) => bigint;

/** The hash is compiled when the first chunk is met: a mount of local files does without. */
export async function loadChecksum(): Promise<Checksum> {
  const { default: load } = await import("xxhash-wasm");
  const { h64Raw } = await load();
  return (bytes, hash) => h64Raw(bytes, BigInt(`0x${hash.slice(0, SEED_DIGITS)}`));
}
