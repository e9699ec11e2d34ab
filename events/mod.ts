/**
 * The event log: the truth that everything else on disk is a fold of.
 *
 * There are two logs of this kind. The library log says what happened to the music, and the cache log, which lies with the
 * chunks, what the chunk store of this machine has.
 *
 * A fact that was found out (a file was seen, an origin went down, the template was set) is an event in the
 * past tense, appended to its log and never changed. Whoever wants to know what holds now folds the log, and
 * gets the same answer each time, since nothing else goes into it.
 *
 * Two rooms: `facts/` has the types of the events, `log/` keeps them. `vocabulary` says of each type what version is
 * written and what shape it must have. A new shape is a new version there, with an `upcast`er from the one before, and
 * then every event ever written is read in the new shape. The other way round there is no lifting: a program that meets
 * what only a newer one can have written passes over it where the event says that it may, and else refuses the log, when
 * it opens it, with an error that says so.
 *
 * An append goes `StoredEventLog` (positions, times, the one commit for all that wait) → `codec` (bytes with
 * a checksum) → `RecordStore`: `LmdbRecords` on disk, `MemoryRecords` for tests, behind one contract suite.
 * Transactions are synchronous: a commit stands the engine still for as long as the disk takes to flush, and
 * in return fails where it can be caught and leaves nothing half done. `FORMAT.md` has the bytes.
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
export * from "./facts/files.ts";
export * from "./facts/library.ts";
export * from "./facts/origins.ts";
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
