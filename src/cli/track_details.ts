import { formatBytes, plural } from "../base/mod.ts";
import type { DetailValue, FileDetails, TrackTags } from "../../events/facts/files.ts";
import { printable, table } from "./output.ts";

/** A longer value is cut: people do not read lyrics in a table. */
const SHOWN_LENGTH_MAX = 120;
const PICTURES = [
  ...["other", "icon", "other icon", "front", "back", "leaflet", "medium", "lead artist", "artist"],
  ...[
    "conductor",
    "band",
    "composer",
    "lyricist",
    "location",
    "recording",
    "performance",
    "screen",
  ],
  ...["fish", "illustration", "band logo", "publisher logo"],
];

/**
 * Rows for the table of tags: what the tags by which a track is placed say beyond its place, under the names of the query
 * language.
 */
export function furtherRows({ artists, track, disk, date, compilation }: TrackTags): string[][] {
  const further: [name: string, value: DetailValue | null | undefined][] = [
    ["artists", artists],
    ["totaltracks", track?.of],
    ["totaldiscs", disk?.of],
    ["date", date],
    ["compilation", compilation],
  ];
  return further.flatMap(([name, value]) =>
    value === undefined || value === null ? [] : [[name, valueText(value), "embedded"]]
  );
}

/** Rows for the table of tags: a file's tags beside those that place it in the tree. */
export function detailRows({ tags = {}, other = {} }: FileDetails): string[][] {
  return [...Object.entries(tags), ...Object.entries(other)]
    .map(([name, value]) => [printable(name), valueText(value), "embedded"]);
}

/** The value of a tag, short enough for a table. */
export function valueText(value: DetailValue): string {
  const text = typeof value === "object" ? value.join("; ") : String(value);
  return printable(
    text.length > SHOWN_LENGTH_MAX ? `${text.slice(0, SHOWN_LENGTH_MAX)}…` : text,
  );
}

/** What a file holds beside sound and text (pictures, chapters, a cue sheet); empty when there is nothing. */
export function detailFacts(
  { pictures = [], chapters = [], cue_sheet, cut = [], encoding }: FileDetails,
): [name: string, value: string][] {
  const facts: [string, string][] = pictures.map(({ type, mime, size, length, offset }) => [
    "picture",
    `${PICTURES[type] ?? "other"}, ${printable(mime ?? "of unknown type")}, ` +
    `${formatBytes(size ?? length)} at ${offset}`,
  ]);
  if (chapters.length > 0) facts.push(["chapters", String(chapters.length)]);
  if (cue_sheet !== undefined) {
    facts.push(["cue sheet", `${formatBytes(cue_sheet.length)} at ${cue_sheet.offset}`]);
  }
  if (encoding !== undefined) facts.push(["encoding", `taken for ${encoding}`]);
  if (cut.length > 0) {
    facts.push(["not all kept", `${plural(cut.length, "tag")}: ${printable(cut.join(", "))}`]);
  }
  return facts;
}

/** A table of the chapters with their starts; "" for a file without chapters. */
export function chapterTable({ chapters = [] }: FileDetails): string {
  if (chapters.length === 0) return "";
  const rows = chapters.map(({ title, start_ms }) => [clockText(start_ms), printable(title)]);
  return table(["CHAPTER AT", "TITLE"], rows);
}

/** `1:02:03`, as players show it. */
function clockText(ms: number): string {
  const seconds = Math.floor(ms / 1_000);
  const [hours, minutes] = [Math.floor(seconds / 3_600), Math.floor(seconds / 60) % 60];
  const two = (part: number) => String(part).padStart(2, "0");
  return `${hours}:${two(minutes)}:${two(seconds % 60)}`;
}
