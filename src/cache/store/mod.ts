/**
 * The content store: bytes of music files that were fetched from origins, kept as chunks.
 *
 * A *chunk* is a run of bytes that was cut out of a file at places that depend on its content (`Chunker`); its name is
 * the SHA-256 of those bytes (`nameOf`). The same bytes in two files, in two copies of one file, or in one file before
 * and after its tag grew, are one chunk. A `ChunkStore` keeps chunks by name and knows nothing of files. The log
 * (`ChunksStored`) and a table of the projections say which chunks make which file, how many bytes are stored and when
 * they were used. `decideEvictions` decides from such figures alone what to give up.
 *
 *     bytes of an origin -> Chunker -> nameOf -> ChunkStore.put      (engine)
 *     stored parts of a file -> VerifiedChunks.get -> ChunkStore.read   (mount, engine)
 *
 * The order of writes: a chunk is put before the log names it, and the log gives it up before it is removed. A reader
 * that comes in between finds the chunk missing and has it fetched. A chunk in the store that the log doesn't name is
 * an orphan, and costs nothing but space.
 *
 * Not guaranteed: that a chunk which was put is still there. Nothing is flushed to the disk; the directory is a cache
 * and may be deleted. Guaranteed: a read returns the bytes that were put under that name, or a fault and no bytes.
 * FORMAT.md describes the layout of the files.
 *
 * @module
 */
export { type Checksum, loadChecksum } from "./checksum.ts";
export { isChunkName, nameOf } from "./chunk_name.ts";
export { hasChunkFile } from "./chunk_presence.ts";
export * from "./chunk_store.ts";
export { Chunker } from "./chunker.ts";
export { DiskChunkStore, type DiskStoreOptions } from "./disk_store.ts";
export {
  decideEvictions,
  type EvictedPart,
  type EvictionCandidate,
  type EvictionQuestion,
  type Evictions,
  type Limits,
  type StoredTotals,
} from "./evictor.ts";
export { MemoryChunkStore, type MemoryStoreOptions } from "./memory_store.ts";
export { VerifiedChunks } from "./verified_chunks.ts";
