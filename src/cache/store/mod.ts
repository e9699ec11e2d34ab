/**
 * The content store: bytes of music files that were fetched from somewhere, kept as chunks.
 *
 * A *chunk* is a run of bytes that was cut out of a file where its content says so (`Chunker`), and its name is the
 * SHA-256 of those bytes (`nameOf`). The same bytes in two files, in two copies of one, or before and behind a tag
 * that grew, are one chunk. A `ChunkStore` keeps chunks by name and knows nothing of files: which chunks make
 * which file is a fact of the log (`ChunksStored`) and a table of the projections, and so is how much there is and when
 * it was used. `decideEvictions` says what to give up from such figures alone.
 *
 *     bytes of an origin -> Chunker -> nameOf -> ChunkStore.put      (engine)
 *     stored parts of a file -> VerifiedChunks.get -> ChunkStore.read   (mount, engine)
 *
 * The order of writes: a chunk is put before the log names it, and the log gives it up before it is removed. A
 * reader that comes between finds it missing and has it fetched. What lies in the store and is not named by the
 * log is an orphan, and costs nothing but space.
 *
 * Not guaranteed: that a chunk which was put is there. Nothing is flushed to the disk; the directory is a cache
 * and may be deleted. What is guaranteed: a chunk that is read is the one that was put under that name, or there is a
 * fault and no bytes. The layout of the files is in FORMAT.md.
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
