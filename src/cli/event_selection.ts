import {
  CACHE_VOCABULARY,
  type EventLog,
  type EventType,
  LIBRARY_VOCABULARY,
  openEventLog,
  type StoredEvent,
  type Vocabulary,
} from "../../events/mod.ts";
import { closest, EXIT, type Seq, toSeq, UserError } from "../base/mod.ts";
import { cacheLogDirectory } from "../config/mod.ts";
import type { Context } from "./context.ts";

/** Events per read when the log is searched from its end. */
const WINDOW = 256;

/** The log that a command reads: the cache log, or else the library log. */
export interface WhichLog {
  readonly cache?: boolean;
}

/** Opens the log for reading, does the work, and closes the log in any case. */
export async function withLog<T>(
  context: Context,
  work: (log: EventLog) => Promise<T> | T,
  which: WhichLog = {},
): Promise<T> {
  const vocabulary = vocabularyOf(which);
  const log = openEventLog(logDirectory(context, which), { readOnly: true, vocabulary });
  try {
    return await work(log);
  } finally {
    await log.close();
  }
}

/** The directory of a log. */
export function logDirectory({ locations }: Context, { cache }: WhichLog): string {
  return cache ? cacheLogDirectory(locations) : locations.stateDir;
}

function vocabularyOf({ cache }: WhichLog): Vocabulary {
  return cache ? CACHE_VOCABULARY : LIBRARY_VOCABULARY;
}

/** The event type that a person named, in any case. Throws UserError when there is no such type. */
export function checkedType(type: string | undefined, which: WhichLog): EventType | undefined {
  if (type === undefined) return undefined;
  const types = Object.keys(vocabularyOf(which).events) as EventType[];
  const found = types.find((name) => name.toLowerCase() === type.toLowerCase());
  if (found !== undefined) return found;
  const meant = closest(type, types);
  throw new UserError(`Cannot list events of type ${JSON.stringify(type)}: there is no such type`, {
    exitCode: EXIT.usage,
    hint: meant === undefined ? `the types are ${types.join(", ")}` : `did you mean ${meant}?`,
  });
}

/** Chooses the events of a type; all when there is none. */
export function ofType(type: EventType | undefined): (event: StoredEvent) => boolean {
  return (event) => type === undefined || event.type === type;
}

/**
 * Positions of the newest `limit` events at or after `from` that are wanted, ascending. Walks the log from its end, so
 * the cost does not depend on the length of the log.
 */
export function newestPositions(
  log: EventLog,
  options: { from: Seq; limit: number; isWanted: (event: StoredEvent) => boolean },
): Seq[] {
  const last = log.lastSeq();
  const found: Seq[] = [];
  for (let to = last; to >= options.from && found.length < options.limit; to = toSeq(to - WINDOW)) {
    const window: Seq[] = [];
    const from = toSeq(Math.max(options.from, to - WINDOW + 1));
    for (const event of log.read({ from, to })) {
      if (options.isWanted(event)) window.push(event.seq);
    }
    found.push(...window.reverse());
  }
  return found.slice(0, options.limit).reverse();
}

/** The events at these ascending positions. Runs of adjacent positions are read at once. */
export function* eventsAt(log: EventLog, positions: readonly Seq[]): Generator<StoredEvent> {
  for (let i = 0; i < positions.length;) {
    let end = i;
    while (end + 1 < positions.length && positions[end + 1] === positions[end]! + 1) end++;
    yield* log.read({ from: positions[i]!, to: positions[end]! });
    i = end + 1;
  }
}
