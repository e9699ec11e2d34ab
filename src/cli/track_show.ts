import { resolve } from "node:path";
import { EXIT, formatBytes, formatCount, formatDuration, plural, UserError } from "../base/mod.ts";
import type {
  LibraryQueries,
  TrackCover,
  TrackDetails,
  TrackNames,
} from "../../projections/mod.ts";
import type { Invocation } from "./context.ts";
import { findChunks } from "./found_chunks.ts";
import { withLibrary } from "./library.ts";
import { fields, printable, table, timeText } from "./output.ts";
import { pathInMount } from "./path_in_mount.ts";
import { type TrackContent, trackContent } from "./track_content.ts";
import { chapterTable, detailFacts, detailRows, furtherRows, valueText } from "./track_details.ts";

/** A tag that places the track, and its source. */
interface SourcedTag {
  readonly value: string | number;
  readonly source: "embedded" | "path";
}

/**
 * `musicfs track show PATH`: the path may be one in the mount, in the virtual tree, or on the origin. Works with and
 * without a daemon.
 */
export async function trackShow({ context, args }: Invocation): Promise<void> {
  const path = args[0]!;
  const inMount = await pathInMount(resolve(path));
  const found = await findChunks(context);
  withLibrary(context, (library, content) => {
    const track = find(library, path, inMount);
    if (track === undefined) {
      throw new UserError(`Cannot find a track at ${printable(path)}`, {
        exitCode: EXIT.notFound,
        hint: "give a path in the mount, in the virtual tree, or on the origin; " +
          "musicfs track unreadable lists what could not be read",
      });
    }
    const real = realPath(track);
    const used = usedTags(track);
    const kept = trackContent(track, library, content, found);
    const art = artworkOf(track, library);
    const { names: _names, ...facts } = track;
    context.output.print(
      { ...facts, real_path: real, used, ...kept, ...art },
      () => human(track, real, used, { ...kept, ...art }),
    );
  });
}

function find(
  library: LibraryQueries,
  path: string,
  inMount: string | undefined,
): TrackDetails | undefined {
  if (inMount !== undefined) return library.trackAtVirtualPath(inMount);
  return library.trackAtRealPath(resolve(path)) ??
    library.trackAtVirtualPath(path.normalize("NFC"));
}

/** The covers of the track's directory, each with the path of the file that it is or is in. */
interface Artwork {
  readonly covers: readonly (TrackCover & { readonly real_path: string })[];
  /** Why there is none. */
  readonly no_cover: string | null;
}

function artworkOf({ track }: TrackDetails, library: LibraryQueries): Artwork {
  if (track === null) return { covers: [], no_cover: "the file is no track" };
  const { covers, none } = library.coversOf(track);
  return {
    covers: covers.map((cover) => {
      const { root = "" } = library.origin(cover.origin) ?? {};
      return { ...cover, real_path: realPath({ root, path: cover.path }) };
    }),
    no_cover: none,
  };
}

function coverFacts({ covers, no_cover }: Artwork): [string, string][] {
  if (no_cover !== null) return [["cover", `none: ${no_cover}`]];
  return covers.map(({ source, name, size, real_path }) => [
    "cover",
    `${name}, ${formatBytes(size)}, ${source === "files" ? "from" : "in"} ${printable(real_path)}`,
  ]);
}

function realPath({ root, path }: Pick<TrackDetails, "root" | "path">): string {
  return root.endsWith("/") ? root + path : `${root}/${path}`;
}

/** The names that place the track, each with its source: a tag, or the path. */
function usedTags({ names, tags }: TrackDetails): Record<string, SourcedTag> {
  const embedded: Record<keyof TrackNames, boolean> = {
    title: isText(tags.title),
    artist: isText(tags.artist) || isText(tags.artists?.join("")),
    // The path never gives these names.
    albumartist: true,
    genre: true,
    composer: true,
    album: isText(tags.album),
    track: isPositive(tags.track?.no),
    disc: isPositive(tags.disk?.no),
    year: isPositive(tags.year) || /^\d{4}/.test(tags.date ?? ""),
  };
  const used: Record<string, SourcedTag> = {};
  for (const [name, value] of Object.entries(names) as [keyof TrackNames, string | number][]) {
    if (value === "" || value === 0) continue;
    used[name] = { value, source: embedded[name] ? "embedded" : "path" };
  }
  return used;
}

function isText(value: string | undefined): boolean {
  return value !== undefined && value.trim() !== "";
}

function isPositive(value: number | null | undefined): boolean {
  return typeof value === "number" && value > 0;
}

function human(
  track: TrackDetails,
  real: string,
  used: Record<string, SourcedTag>,
  kept: TrackContent & Artwork,
): string {
  const { properties: sound } = track;
  const soundText = [
    sound.codec,
    sound.duration_ms === undefined ? undefined : formatDuration(sound.duration_ms),
    sound.sample_rate === undefined ? undefined : `${sound.sample_rate} Hz`,
    sound.channels === undefined ? undefined : plural(sound.channels, "channel"),
    sound.bits_per_sample === undefined ? undefined : plural(sound.bits_per_sample, "bit"),
    sound.bitrate === undefined ? undefined : `${Math.round(sound.bitrate / 1_000)} kbit/s`,
  ].filter((part) => part !== undefined).join(", ");
  const facts = fields([
    ["in the tree", track.virtual_path === null ? "not placed" : printable(track.virtual_path)],
    ["origin", track.origin],
    ["real path", printable(real)],
    ["version", `${formatBytes(track.size)}, modified ${timeText(track.mtime_s * 1_000)}`],
    ["format", track.format ?? "none"],
    ["sound", soundText || "unknown"],
    ["file number", String(track.file)],
    ["last event", String(track.content)],
    ["stored", storedText(kept, track.size)],
    ...kept.pinned ? [["pinned", "yes"] as const] : [],
    ["played", playsText(kept.plays)],
    ...detailFacts(track.details),
    ...coverFacts(kept),
    ...track.unreadable === null ? [] : [["unreadable", printable(track.unreadable)] as const],
  ]);
  const rows = [
    ...Object.entries(used).map((
      [name, { value, source }],
    ) => [name, valueText(source === "embedded" ? allOf(track, name) ?? value : value), source]),
    ...furtherRows(track.tags),
    ...detailRows(track.details),
  ];
  const chapters = chapterTable(track.details);
  const tables = [
    ...kept.copies.length < 2 ? [] : [copyTable(kept)],
    ...rows.length === 0 ? [] : [table(["TAG", "VALUE", "FROM"], rows)],
    ...chapters === "" ? [] : [chapters],
  ];
  return [facts, ...tables].join("\n\n");
}

/** All values of a tag of which the first alone places the track; undefined for other tags. */
function allOf({ tags }: TrackDetails, name: string): readonly string[] | undefined {
  return name === "genre" || name === "composer" ? tags[name] : undefined;
}

function copyTable({ copies }: TrackContent): string {
  const rows = copies.map((copy) => [
    copy.origin,
    copy.priority,
    copy.health,
    copy.primary ? "yes" : "",
    copy.local ? "-" : formatBytes(copy.stored_bytes),
    printable(realPath(copy)),
  ]);
  return table(["COPY ON", "PRIORITY", "HEALTH", "SHOWN", "STORED", "PATH"], rows);
}

function storedText({ local, stored }: TrackContent, size: number): string {
  if (local) return "read where it lies";
  if (stored.bytes === 0) return "nothing";
  const { bytes, chunks } = stored;
  return `${bytes >= size ? "all of it" : `${formatBytes(bytes)} of ${formatBytes(size)}`}, ` +
    plural(chunks, "chunk");
}

function playsText({ count, last_at }: TrackContent["plays"]): string {
  if (last_at === null) return "never";
  return `${count === 1 ? "once" : `${formatCount(count)} times`}, last ${timeText(last_at)}`;
}
