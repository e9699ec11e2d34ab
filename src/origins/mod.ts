/**
 * Where music lies. An {@link Origin} lists, stats and reads; it never writes. What it says about absence
 * decides whether tracks leave the tree, so its errors are exact: `OriginNotFound` is a positive answer
 * ("I was asked, and it is not there"), `OriginUnreachable` is no answer at all, and only a listing that ends
 * without an error is complete. A directory that refuses to be read is part of a complete listing, as an
 * `unlisted` entry: what was known below it stays known.
 *
 * Every origin lists in an order of its own (`compare`: a walk's, or that of a bucket's keys), and can go on behind
 * any path in that order (`after`): a scan that was cut off loses nothing and repeats nothing. Not guaranteed: that
 * the listing is a snapshot. Files come and go while it runs; the next scan, or the watch, sees them.
 *
 * A read names the version it wants. Bytes of another one are never passed off as the wanted: an origin that learns
 * of a change only behind them keeps them back until then, and throws `OriginChanged` in their place.
 *
 * A remote origin (`nfs`, `s3`, `sftp`) may be slow, fail now and then, or be gone for days. What keeps that from the
 * rest of the program is a set of origins that each wrap another one and add one idea: a deadline, retries, a circuit,
 * bandwidth, a budget, a measure. `openOrigin` puts them together, in an order that it explains. `HealthChecks` asks
 * whether origins are there, `orderCopies` decides which is asked first.
 *
 * A local origin is looked at by the engine's own thread, for the speed of it, once another thread has been there: a disk
 * that spins up or breaks keeps nobody else waiting (`WokenDisk`). The mount does the same for its opens and reads. What
 * lies on a share, or on a file system of FUSE, may keep any look waiting; those are looked at by the processes that an
 * NFS origin has, whether the root lies there, a directory that is mounted in it, or the target of a link.
 *
 * @module
 */
export * from "./origin.ts";
export * from "./guards/circuit.ts";
export * from "./guards/egress.ts";
export * from "./guards/health_checks.ts";
export * from "./guards/latency.ts";
export * from "./local/local_origin.ts";
export * from "./location_choice.ts";
export * from "./memory/memory_origin.ts";
export * from "./nfs/nfs_origin.ts";
export * from "./open_origin.ts";
export { giveBack } from "./piece_memory.ts";
export * from "./read_bytes.ts";
export * from "./recent_reads.ts";
export * from "./time.ts";
export * from "./unreachable.ts";
export * from "./version.ts";
export * from "./walk_order.ts";
