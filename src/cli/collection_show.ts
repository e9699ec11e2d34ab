import { plural } from "../base/mod.ts";
import { collectionWith, madeOf, withCollections } from "./collections.ts";
import type { Invocation } from "./context.ts";
import { mountedAt } from "./mounted_at.ts";
import { printable, table } from "./output.ts";

/**
 * `musicfs collection show NAME`: its tracks in their order, as a table on a terminal, and as paths alone for a program
 * (those of the mount while the library is mounted). Works with and without a daemon.
 */
export async function collectionShow(
  { context, args, options }: Invocation<{ readonly limit: number }>,
): Promise<void> {
  const found = await withCollections(context, (reader) => {
    const { collection, content } = collectionWith(reader, args[0]!, options.limit);
    return { collection, tracks: [...reader.show(content.tracks)], isMore: content.isMore };
  });
  const { collection, isMore } = found;
  const tracks = found.tracks.map(({ path, title, artist, album }) => (
    { path, title, artist, album }
  ));
  const isForPeople = Deno.stdout.isTerminal();
  const mountpoint = isForPeople ? undefined : await mountedAt(context.locations.stateDir);
  const { name, query, builtIn, at } = collection;
  const json = { name, query, built_in: builtIn, saved_at: at, tracks, more: isMore };
  context.output.print(json, () => {
    if (!isForPeople) {
      return tracks.map(({ path }) => mountpoint === undefined ? path : `${mountpoint}/${path}`)
        .join("\n");
    }
    const rows = tracks.map(({ path, title, artist, album }) =>
      [title, artist, album, path].map(printable)
    );
    return rows.length === 0 ? "" : table(["TITLE", "ARTIST", "ALBUM", "PATH"], rows);
  });
  if (!isForPeople && !isMore) return;
  const count = plural(tracks.length, "track");
  context.output.note(`${printable(madeOf(collection))}: ${isMore ? `more than ${count}` : count}`);
}
