/**
 * What the log is told when somebody saves, renames or removes a collection: decisions that know what is saved, and
 * change nothing. All of them throw UserError.
 *
 * @module
 */
import type { MusicEvent } from "../../events/mod.ts";
import {
  type CollectionQueries,
  isBuiltInName,
  noCollection,
  safeDirectoryName,
} from "../../projections/mod.ts";
import {
  COLLECTION_EVENT_TRACKS,
  COLLECTION_NAME_BYTES_MAX,
  COLLECTION_TRACKS_MAX,
  COLLECTIONS_MAX,
  EXIT,
  foldCase,
  formatCount,
  plural,
  printable,
  type TrackId,
  UserError,
} from "../base/mod.ts";
import { type Expression, fieldKey, parseQuery } from "../query/mod.ts";

/** What a collection is to have: what a query finds, or a list of tracks. */
export type Wanted = { readonly query: string } | { readonly tracks: readonly TrackId[] };

type Known = Pick<CollectionQueries, "get" | "all" | "isFilling">;

const PLAYLIST = /\.m3u8?$/i;

/** Saves a collection, or gives the one of that name another content. */
export function saving(known: Known, name: string, wanted: Wanted): MusicEvent[] {
  const checked = checkedName("save", known, name);
  if (known.get(checked) === undefined && known.all().length >= COLLECTIONS_MAX) {
    throw refusal("save", checked, `there are ${formatCount(COLLECTIONS_MAX)} already`);
  }
  if ("query" in wanted) {
    const data = { name: checked, query: checkedQuery(checked, wanted.query) };
    return [{ type: "CollectionSaved", v: 1, data }];
  }
  const { tracks } = wanted;
  if (tracks.length > COLLECTION_TRACKS_MAX) {
    const most = plural(COLLECTION_TRACKS_MAX, "track");
    throw refusal("save", checked, `a list has at most ${most}`);
  }
  const events: MusicEvent[] = [];
  for (let from = 0; from === 0 || from < tracks.length; from += COLLECTION_EVENT_TRACKS) {
    const part = tracks.slice(from, from + COLLECTION_EVENT_TRACKS);
    const data = { name: checked, tracks: part, ...from > 0 && { from } };
    events.push({ type: "CollectionSaved", v: 1, data });
  }
  return events;
}

export function renaming(known: Known, name: string, to: string): MusicEvent[] {
  const { name: from } = own("rename", known, name);
  const checked = checkedName("rename", known, to);
  const other = known.get(checked);
  if (other !== undefined && foldCase(from) !== foldCase(checked)) {
    throw refusal("rename", from, `there is a collection ${printable(other.name)} already`);
  }
  return [{ type: "CollectionRenamed", v: 1, data: { name: from, to: checked } }];
}

export function removing(known: Known, name: string): MusicEvent[] {
  const { name: own_ } = own("remove", known, name);
  return [{ type: "CollectionRemoved", v: 1, data: { name: own_ } }];
}

/** The saved collection of a name. */
function own(what: string, known: Known, name: string) {
  requireFilled(what, known);
  if (isBuiltInName(name)) throw refusal(what, name, "it is always there");
  const found = known.get(name);
  if (found === undefined) throw noCollection(name);
  return found;
}

/** The name as it is kept: composed, since that is how names in the mount are. */
function checkedName(what: string, known: Known, raw: string): string {
  requireFilled(what, known);
  const name = raw.normalize("NFC");
  if (name.trim() === "") throw refusal(what, name, "the name is empty");
  if (/[/\0]/.test(name)) throw refusal(what, name, "a name has no / and no NUL");
  if (name.startsWith(".")) throw refusal(what, name, "a name does not begin with a dot");
  if (PLAYLIST.test(name)) {
    throw refusal(what, name, "that is the name of the playlist of another collection");
  }
  if (new TextEncoder().encode(name).length > COLLECTION_NAME_BYTES_MAX) {
    throw refusal(what, name, `a name has at most ${COLLECTION_NAME_BYTES_MAX} bytes`);
  }
  if (safeDirectoryName(name) !== name) {
    throw refusal(what, name, "a name is one line of text, without spaces at its ends");
  }
  if (isBuiltInName(name)) {
    throw refusal(what, name, "that is the name of a collection that is always there");
  }
  return name;
}

function checkedQuery(name: string, text: string): string {
  const query = text.trim();
  const { where, sort, limit } = parseQuery(query);
  if (where === null && sort.length === 0 && limit === null) {
    throw refusal("save", name, "its query is empty", "`sort:title` finds every track");
  }
  if (where !== null && namesCollection(where)) {
    throw refusal(
      "save",
      name,
      "a collection can't be made of collections",
      "write their queries, in parentheses, with OR between them",
    );
  }
  return query;
}

/** Whether somebody took `collection` for a field. It would be a tag of the user's own, which no track has. */
function namesCollection(expression: Expression): boolean {
  switch (expression.kind) {
    case "and":
      return expression.all.some(namesCollection);
    case "or":
      return expression.any.some(namesCollection);
    case "not":
      return namesCollection(expression.what);
    default:
      return expression.field !== null && /^(?:collection|playlist)s?$/.test(
        fieldKey(expression.field),
      );
  }
}

function requireFilled(what: string, { isFilling }: Known): void {
  if (!isFilling) return;
  throw new UserError(`Cannot ${what} a collection yet: the library is still being made`);
}

function refusal(what: string, name: string, why: string, hint?: string): UserError {
  return new UserError(`Cannot ${what} the collection ${JSON.stringify(shortened(name))}: ${why}`, {
    exitCode: EXIT.usage,
    ...hint !== undefined && { hint },
  });
}

function shortened(name: string): string {
  return name.length > 100 ? `${name.slice(0, 100)}...` : name;
}
