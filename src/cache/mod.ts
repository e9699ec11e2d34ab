/**
 * Bytes of files that are not on this machine: fetched from the origins, handed to the mount, and kept.
 *
 * A reader of the mount wants a range of one version of a file, and the `Fetcher` has it at hand. A `Fill` knows what of that version is stored and what
 * is on its way, and asks for the rest in parts, each part once: a `Delivery` takes the bytes as they arrive into
 * memory that the mount opens (the bytes themselves travel over no channel). `CopiesSource` is where they come from:
 * the best of the file's copies, and the next one when that fails, where it is known to hold the same bytes.
 *
 * What has arrived is cut into chunks, run by run, and goes to the `StoreKeeper`; the `Cutter` is a thread that does what
 * of this takes long. The keeper alone changes the store: chunks are on the disk before the log promises them, and go from the disk after the log has given them up. So whatever
 * happens in between, a promise that can't be kept is a miss, which is mended by fetching, and a chunk that nothing
 * knows of is swept away by `StoreSweep`, which also takes back promises whose file is gone.
 *
 * Before anything of a new version is fetched, `recognise` looks for what is stored of the version before: a file that
 * was tagged anew shares its sound. What it takes over is provisional until `AdoptionProver` compared it with the origin, all
 * of it. `CopyComparer` finds out which files of several origins are copies of one track: what looks alike is compared at
 * places drawn at random. `Prefetcher` fetches what will be played next.
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
