import { type FoundTrack, type FoundTracks, TrackSearch } from "../../projections/mod.ts";
import { EXIT, type ExitCode, formatCount, plural, UserError } from "../base/mod.ts";
import { fieldHint, parseQuery, type Query } from "../query/mod.ts";
import type { Context, Invocation } from "./context.ts";
import { highlighted } from "./highlighted.ts";
import { withLibrary } from "./library.ts";
import { mountedAt } from "./mounted_at.ts";
import { printable, table } from "./output.ts";

interface SearchFlags {
  /** `-1`: only the best one, and its path alone. */
  readonly best?: boolean;
  readonly limit: number;
  readonly offset: number;
  readonly field?: readonly string[];
  readonly origin?: string;
}

/**
 * `musicfs search QUERY`: a table on a terminal, and paths alone for a program. The paths are those of the mount when the
 * library is mounted. Works with and without a daemon.
 */
export async function search(
  { context, args, options }: Invocation<SearchFlags>,
): Promise<ExitCode> {
  const { settings: { searchEnabled } } = await context.settings();
  if (!searchEnabled) {
    throw new UserError("Cannot search: it is turned off", {
      hint: "features.search_enabled in the configuration turns it on",
    });
  }
  const entered = args.join(" ");
  const query = parseQuery(entered);
  const { origin, field: fields } = options;
  const { unknownOrigin } = await import("../control/mod.ts");
  const begin = performance.now();
  const found = withLibrary(context, (library) => {
    if (origin !== undefined && library.origin(origin) === undefined) throw unknownOrigin(origin);
    return new TrackSearch(library.connection).find(query, {
      limit: options.best ? 1 : options.limit,
      offset: options.offset,
      ...fields !== undefined && { fields },
      ...origin !== undefined && { origin },
    });
  });
  const query_ms = performance.now() - begin;
  const isForPeople = Deno.stdout.isTerminal() && !options.best;
  const mountpoint = isForPeople ? undefined : await mountedAt(context.locations.stateDir);
  const results = found.tracks.map(({ path, title, artist, album, score, highlights }) => (
    { path, title, artist, album, score, highlights }
  ));
  const { total, isMore: more, corrected, filling } = found;
  context.output.print({ results, total, more, corrected, filling, query_ms }, () => {
    if (isForPeople) return found.tracks.length === 0 ? "" : tableOf(found.tracks);
    return found.tracks.map(({ path }) => mountpoint === undefined ? path : `${mountpoint}/${path}`)
      .join("\n");
  });
  remark(context, { entered, query }, found);
  if (filling) return EXIT.failed;
  return total === 0 ? EXIT.notFound : EXIT.done;
}

/** Says on stderr what the results do not say themselves. */
function remark(
  { output }: Context,
  { entered, query }: { readonly entered: string; readonly query: Query },
  found: FoundTracks,
): void {
  const { tracks, total, isMore, corrected, filling } = found;
  if (filling) return output.note("the index is still being made: nothing can be found yet");
  if (corrected !== null) {
    output.note(`few tracks match ${printable(entered)}; these match ${printable(corrected)}`);
  }
  if (total === 0) {
    output.note(`no track matches ${printable(entered)}`);
    const hint = fieldHint(query);
    if (hint !== undefined) output.note(`hint: ${hint}`);
  } else if ((isMore || tracks.length < total) && Deno.stdout.isTerminal()) {
    const all = isMore ? `more than ${plural(total, "track")}` : plural(total, "track");
    output.note(`${formatCount(tracks.length)} of ${all}`);
  }
}

function tableOf(tracks: readonly FoundTrack[]): string {
  const rows = tracks.map(({ title, artist, album, path, highlights }) => [
    highlighted(title, highlights.filter(({ field }) => field === "title")),
    highlighted(artist, highlights.filter(({ field }) => field === "artist")),
    highlighted(album, highlights.filter(({ field }) => field === "album")),
    printable(path),
  ]);
  return table(["TITLE", "ARTIST", "ALBUM", "PATH"], rows);
}
