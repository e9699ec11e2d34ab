import { type CollectedTrack, playlistText } from "../../projections/mod.ts";
import { COLLECTION_TRACKS_MAX, plural } from "../base/mod.ts";
import { collectionWith, withCollections } from "./collections.ts";
import type { Invocation } from "./context.ts";
import { mountedAt } from "./mounted_at.ts";

/** A path on an origin that is no UTF-8 (see path_bytes), or has several lines. */
const UNWRITABLE = /[\uef80-\uefff\r\n]/;

/**
 * `musicfs collection export NAME`: an M3U playlist on stdout. It names the files of the mount while the library is
 * mounted; otherwise those on local origins, and elsewhere the paths that they have in a mount.
 */
export async function collectionExport({ context, args }: Invocation): Promise<void> {
  const mountpoint = await mountedAt(context.locations.stateDir);
  const found = await withCollections(context, (reader) => {
    const { collection, content } = collectionWith(reader, args[0]!, COLLECTION_TRACKS_MAX);
    const all = [...reader.show(content.tracks)].map((track) => (
      { ...track, path: pathOf(track, mountpoint) }
    ));
    const tracks = all.filter(({ path }) => !UNWRITABLE.test(path));
    const leftOut = all.length - tracks.length;
    return { name: collection.name, tracks, leftOut, isMore: content.isMore };
  });
  const { name, tracks, leftOut, isMore } = found;
  const json = {
    name,
    tracks: tracks.map(({ path, title, artist, duration_ms }) => (
      { path, title, artist, duration_ms }
    )),
    more: isMore,
  };
  context.output.print(json, () => playlistText(name, tracks).trimEnd());
  if (leftOut > 0) {
    context.output.note(`left out ${plural(leftOut, "track")} whose path no playlist can have`);
  }
  if (isMore) context.output.note(`there are more tracks than these ${tracks.length}`);
}

function pathOf({ path, file }: CollectedTrack, mountpoint: string | undefined): string {
  if (mountpoint !== undefined) return `${mountpoint}/${path}`;
  return file.kind === "local" ? `${file.root}/${file.path}` : path;
}
