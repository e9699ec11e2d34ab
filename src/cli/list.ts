import { closest, EXIT, formatCount, plural, type TrackId, UserError } from "../base/mod.ts";
import type { FacetValue, LibraryQueries } from "../../projections/mod.ts";
import { type Field, fieldNamed, FIELDS } from "../query/mod.ts";
import { cacheQuery } from "./cache_query.ts";
import type { Invocation } from "./context.ts";
import { FACETS } from "./facets.ts";
import { withLibrary } from "./library.ts";
import { naturally } from "./natural_order.ts";
import { printable, table } from "./output.ts";

const LISTABLE = `what can be listed: ${FACETS.join(", ")}, and any other tag`;

interface Options {
  readonly sort?: "name" | "count";
  readonly limit?: number;
}

/**
 * `musicfs list FACET [QUERY]`: the values of a field, and how many tracks have each. When stdout is no terminal, the
 * values alone, one a line. Works with and without a daemon.
 */
export async function list({ context, args, options }: Invocation<Options>): Promise<void> {
  const [facet, ...words] = args as [string, ...string[]];
  const query = words.length === 0 ? undefined : await cacheQuery(words.join(" "));
  withLibrary(context, (library) => {
    const field = facetNamed(facet);
    if (!library.facets.isFacet(field)) {
      throw new UserError(`Cannot list ${field.name}: hardly two tracks have the same`, {
        exitCode: EXIT.usage,
        hint: LISTABLE,
      });
    }
    const { values, without } = library.facets.facet(field, {
      ...query !== undefined && { tracks: tracksOf(library, query) },
      foldCase: library.placing().fold_case,
    });
    if (field.isOwn && query === undefined && values.length === 0) throw noFacet(facet);
    const sorted = [...values].sort(options.sort === "count" ? byCount : byName);
    const shown = sorted.slice(0, options.limit);
    const { output } = context;
    const all = { facet: field.name, values: shown, total: values.length, without };
    output.print(
      all,
      () => Deno.stdout.isTerminal() ? facetTable(field, shown) : namesOf(shown),
    );
    if (output.json || !Deno.stdout.isTerminal()) return;
    if (shown.length < sorted.length) {
      output.note(`${formatCount(shown.length)} of ${formatCount(sorted.length)}`);
    }
    if (without > 0) output.note(`${plural(without, "track")} with no ${field.name}`);
  });
}

function* tracksOf(library: LibraryQueries, query: string): IterableIterator<TrackId> {
  for (const page of library.listening.tracksMatching(query)) {
    for (const { track } of page) yield track;
  }
}

/** The field of a facet, which may be named in the plural. */
function facetNamed(name: string): Field {
  const spellings = [name, name.replace(/ies$/i, "y"), name.replace(/s$/i, "")];
  return spellings.map(fieldNamed).find(({ isOwn }) => !isOwn) ?? fieldNamed(name);
}

function noFacet(name: string): UserError {
  const meant = closest(name, [...FACETS, ...FIELDS.map((field) => field.name)]);
  return new UserError(`Cannot list ${JSON.stringify(name)}: no track has such a tag`, {
    exitCode: EXIT.notFound,
    hint: meant === undefined ? LISTABLE : `did you mean ${meant}?`,
  });
}

function byName(a: FacetValue, b: FacetValue): number {
  return naturally(a.value, b.value) || naturally(a.by ?? "", b.by ?? "");
}

function byCount(a: FacetValue, b: FacetValue): number {
  return b.tracks - a.tracks || byName(a, b);
}

function namesOf(values: readonly FacetValue[]): string {
  return values.map(({ value }) => `${printable(value)}\n`).join("");
}

function facetTable({ name }: Field, values: readonly FacetValue[]): string {
  if (values.length === 0) return `No ${name}`;
  const heading = name.toUpperCase();
  if (name !== "album") {
    const rows = values.map(({ value, tracks, albums }) => [printable(value), tracks, albums]);
    return table([heading, "TRACKS", "ALBUMS"], rows);
  }
  const rows = values.map((
    { value, by, tracks },
  ) => [printable(value), printable(by ?? ""), tracks]);
  return table([heading, "BY", "TRACKS"], rows);
}
