/**
 * The event log: the truth. Everything else on disk is a fold of it.
 *
 * There are two logs of this kind. The library log says what happened to the music. The cache log, which lies with the
 * chunks, says what the chunk store of this machine has.
 *
 * A fact that was found out (a file was seen, an origin went down, the template was set) is an event in the past tense.
 * It is appended to its log and never changed. A fold of the log gives the present state, and the same state each time,
 * since the fold depends on nothing else.
 *
 * Two rooms: `facts/` has the types of the events, `log/` keeps them. `vocabulary` says for each type which version is
 * written and which shape it must have. A new shape is a new version there, with an upcaster from the version before:
 * so every event ever written is read in the newest shape. Events of a newer program can't be converted to an older
 * version: the older program passes over such an event where the event says that it may. Otherwise it refuses the log
 * when it opens it, with an error that says so.
 *
 * An append passes `StoredEventLog` (positions, times, one commit for all waiting calls) → `codec` (bytes with a
 * checksum) → `RecordStore`: `LmdbRecords` on disk, `MemoryRecords` for tests, behind one contract suite. Transactions
 * are synchronous: a commit stops the engine for as long as the disk takes to flush. In return, its failure can be
 * caught and leaves nothing half done. `FORMAT.md` describes the bytes.
 *
 * ```ts
 * const log = openEventLog(stateDir);                      // the engine: one process at a time
 * await log.append([{ type: "TemplateChanged", v: 1, data: { template } }]);
 *
 * const reader = openEventLog(stateDir, { readOnly: true }); // any process, with or without an engine
 * for await (const event of reader.tail({ from: 1, signal })) console.log(event.seq, event.type);
 * ```
 *
 * @module
 */
export * from "./facts/cache.ts";
export * from "./facts/collections.ts";
export * from "./facts/files.ts";
export * from "./facts/library.ts";
export * from "./facts/origins.ts";
export * from "./facts/playlists.ts";
export * from "./facts/plays.ts";
export * from "./log/errors.ts";
export * from "./log/event.ts";
export * from "./log/event_log.ts";
export { holdsLog, openEventLog, type OpenEventLogOptions } from "./log/lmdb_event_log.ts";
export { createMemoryEventLog, MemoryRecords } from "./log/memory_event_log.ts";
export {
  replaceEvents,
  type Replacement,
  rewriteEventLog,
  type Rewriting,
  type TimedEvent,
} from "./log/rewrite_log.ts";
export type { Upcaster } from "./log/upcast.ts";
export { CACHE_VOCABULARY, LIBRARY_VOCABULARY, type Vocabulary } from "./vocabulary.ts";
