/**
 * Bytes of files that are not on this machine: fetched from the origins, handed to the mount, and kept.
 *
 * The mount asks the `Fetcher` for a range of one version of a file. A `Fill` knows which bytes of that version are
 * stored and which are on their way, and requests the rest in parts, each part once. A `Delivery` writes the bytes, as
 * they arrive, into memory that the mount opens; no channel carries the bytes themselves. `CopiesSource` reads them
 * from the best of the file's copies. When that copy fails, it reads from the next copy that is known to hold the same
 * bytes.
 *
 * The bytes that have arrived are cut into chunks, run by run, and handed to the `StoreKeeper`. The `Cutter` is a
 * thread that does the slow part: it cuts and writes. The keeper alone changes the store: it writes chunks to the disk
 * before the log promises them, and deletes them after the log has given them up. A crash in between can leave two
 * things. A promise whose chunk is missing counts as a miss, and the bytes are fetched again. A chunk that the log
 * doesn't name is deleted by `StoreSweep`, which also takes back promises whose file is gone.
 *
 * Before a new version is fetched, `recognise` looks for stored bytes of the previous version that the new one contains
 * too: a file whose tags changed still has the same sound. These bytes are provisional until `AdoptionProver` has
 * compared all of them with the origin. `CopyComparer` finds out which files of several origins are copies of one
 * track: it compares files that look alike at places drawn at random. `Prefetcher` fetches the tracks that will be
 * played next.
 *
 * @module
 */
export { AdoptionProver } from "./compare/adoption_prover.ts";
export type { Random } from "./compare/compare_copies.ts";
export { Fetcher, type WantedRange } from "./fetch/fetcher.ts";
export type { SourceOrigin } from "./fetch/copies_source.ts";
export { CopyComparer } from "./compare/copy_comparer.ts";
export { Cutter } from "./fetch/cutter.ts";
export type { Delivery } from "./fetch/delivery.ts";
export type { CacheLog, HasChunk } from "./keep/cache_log.ts";
export { StoreKeeper, type StoreVerification } from "./keep/store_keeper.ts";
export { Prefetcher } from "./prefetch/prefetcher.ts";
export { StoreSweep } from "./keep/store_sweep.ts";
export { TransferEvents } from "./fetch/transfer_events.ts";
