import { EXIT, formatCount, LOG_START, UserError } from "../base/mod.ts";
import { fieldHint, parseQuery } from "../query/mod.ts";
import type { Context, Invocation } from "./context.ts";
import { cacheQuery } from "./cache_query.ts";
import {
  checkedType,
  eventsAt,
  newestPositions,
  ofType,
  type WhichLog,
  withLog,
} from "./event_selection.ts";
import { eventLine } from "./event_summary.ts";
import { isAbout, type NamedTracks, namedTracks } from "./events_of_tracks.ts";
import { withLibrary } from "./library.ts";
import { jsonText } from "./output.ts";
import { parseWhen, seqOf } from "./when.ts";

const LIMIT_DEFAULT = 100;

interface Options extends WhichLog {
  readonly type?: string;
  readonly track?: string;
  readonly since?: string;
  readonly limit?: number;
}

/** `musicfs events list`: a line for each event; with `--json` the whole events. */
export async function eventsList({ context, options }: Invocation<Options>): Promise<void> {
  const hasType = ofType(checkedType(options.type, options));
  const named = options.track === undefined ? undefined : await tracksOf(context, options.track);
  const when = options.since === undefined ? undefined : parseWhen(options.since, Date.now());
  const limit = options.limit ?? (when === undefined ? LIMIT_DEFAULT : Infinity);
  await withLog(context, (log) => {
    const from = when === undefined ? LOG_START : seqOf(when, log);
    const positions = newestPositions(log, {
      ...{ from, limit },
      isWanted: (event) => hasType(event) && (named === undefined || isAbout(event, named)),
    });
    const { output } = context;
    if (output.json) {
      output.write('{"events": [');
      let separator = "\n";
      for (const event of eventsAt(log, positions)) {
        output.write(separator + jsonText(event));
        separator = ",\n";
      }
      output.write(`], "last_seq": ${log.lastSeq()}}\n`);
      return;
    }
    for (const event of eventsAt(log, positions)) output.printLine(event, () => eventLine(event));
    if (positions.length === 0) output.note("No events");
    if (positions.length === limit && (positions[0] ?? 1) > from) {
      output.note(`The newest ${formatCount(limit)}; --limit or --since show more`);
    }
  }, options);
}

/** The tracks that a path or a query names. Throws UserError, exit code 4, when there are none. */
async function tracksOf(context: Context, entered: string): Promise<NamedTracks> {
  const query = await cacheQuery(entered);
  return withLibrary(context, (library) => {
    const found = [...library.listening.tracksMatching(query)].flat();
    const named = namedTracks(library, found.map(({ track }) => track));
    if (named.tracks.size > 0) return named;
    throw new UserError(`Cannot find ${JSON.stringify(entered)}: no track matches`, {
      hint: fieldHint(parseQuery(query)) ??
        "a path in the mount or below its mount point, or a query (musicfs help query)",
      exitCode: EXIT.notFound,
    });
  });
}
