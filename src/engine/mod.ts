/**
 * The process that writes: it owns the log, the projections behind it, and the scans that fill it. The mount
 * starts it when there is something to do and talks to it over its standard streams; it leaves when there
 * has been nothing to do for a while, and its memory goes with it.
 *
 * Everything here is safe against SIGKILL at any moment. What was appended is durable; the projections go on
 * from their checkpoint; a scan without an end in the log is gone on with when the engine starts again.
 *
 * @module
 */
export { engineMain } from "./engine_process.ts";
export { clearOffline, verifyCacheOffline } from "./offline_cache.ts";
export { type CompactedLog, compactOffline } from "./compact_offline.ts";
export { replayOffline, verifyOffline } from "./offline.ts";
