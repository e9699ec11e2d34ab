/**
 * The process that writes. It owns the log, the projections behind it, and the scans that fill it. The mount starts
 * it when there is something to do, and talks to it over its standard streams. It ends when there has been nothing to
 * do for a while, which frees its memory.
 *
 * Everything here survives SIGKILL at any moment. Appended events are durable, projections continue from their
 * checkpoint, and a scan without an end in the log is continued when the engine starts again.
 *
 * @module
 */
export { engineMain } from "./engine_process.ts";
export { clearOffline, verifyCacheOffline } from "./offline_cache.ts";
export { changeCollectionsOffline, type CollectionChange } from "./offline_collections.ts";
export { type CompactedLog, compactOffline } from "./compact_offline.ts";
export { replayOffline, verifyOffline } from "./offline.ts";
