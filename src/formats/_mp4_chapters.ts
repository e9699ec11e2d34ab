import type { Chapter } from "../../events/facts/files.ts";
import { type Box, boxes, findBox, uint32 } from "./_mp4_boxes.ts";
import type { FileBytes } from "./file_bytes.ts";
import type { TextReader } from "./text.ts";

/** More chapters than any book has; a hostile file may claim more. */
const CHAPTERS_MAX = 4_096;
const TITLE_BYTES_MAX = 1_024;
const TRACKS_MAX = 64;
/** The titles of a remote file are read only when all of them lie within this many bytes. */
const SPAN_BYTES_MAX = 256 * 1024;

/**
 * Chapters in the way of QuickTime and iTunes: another track names a text track as its chapters (`chap`). Each sample
 * of the text track is a title, and lasts as long as its chapter.
 */
export function readChapterTrack(bytes: FileBytes, moov: Box, text: TextReader): Chapter[] {
  const tracks = [...boxes(bytes, moov)].filter(({ name }) => name === "trak").slice(0, TRACKS_MAX);
  const named = new Set(tracks.flatMap((track) => chapterIds(bytes, track)));
  for (const track of named.size === 0 ? [] : tracks) {
    if (!named.has(idOf(bytes, track))) continue;
    const media = findBox(bytes, track, "mdia");
    const handler = media && findBox(bytes, media, "hdlr");
    // A chapter track that is not text holds pictures.
    if (handler === undefined || !isText(bytes.view(handler.at + 8, 4))) continue;
    const table = path(bytes, media!, ["minf", "stbl"]);
    if (table !== undefined) return chaptersOf(bytes, media!, table, text);
  }
  return [];
}

function chapterIds(bytes: FileBytes, track: Box): number[] {
  const names = path(bytes, track, ["tref", "chap"]);
  if (names === undefined) return [];
  const ids = bytes.view(names.at, Math.min(names.end - names.at, 4 * TRACKS_MAX));
  return Array.from({ length: Math.floor(ids.length / 4) }, (_, i) => uint32(ids, 4 * i));
}

function idOf(bytes: FileBytes, track: Box): number {
  const header = findBox(bytes, track, "tkhd");
  if (header === undefined) return 0;
  const view = bytes.view(header.at, 24);
  return uint32(view, view[0] === 1 ? 20 : 12);
}

function isText(kind: Uint8Array): boolean {
  return ["text", "sbtl"].includes(String.fromCharCode(...kind));
}

function chaptersOf(bytes: FileBytes, media: Box, table: Box, text: TextReader): Chapter[] {
  const header = findBox(bytes, media, "mdhd");
  if (header === undefined) return [];
  const times = bytes.view(header.at, 24);
  const scale = uint32(times, times[0] === 1 ? 20 : 12);
  if (scale === 0) return [];
  const chapters: Chapter[] = [];
  const places = samplePlaces(bytes, table);
  // A truncated file has times without titles.
  if (places.some(([at, size]) => at + size > bytes.size)) return [];
  if (bytes.isNear === false && !areTogether(bytes, places)) return [];
  let ticks = 0;
  for (const [count, length] of pairs(bytes, findBox(bytes, table, "stts"))) {
    for (let n = 0; n < count && chapters.length < places.length; n++) {
      const [from, size] = places[chapters.length]!;
      const start_ms = Math.round(1_000 * ticks / scale);
      ticks += length;
      chapters.push({
        ...{ title: titleAt(bytes, from, size, text), start_ms },
        ...length > 0 && { end_ms: Math.round(1_000 * ticks / scale) },
      });
    }
  }
  return chapters;
}

/** Whether samples lie so close together that one read gets all of them. */
function areTogether(bytes: FileBytes, places: readonly [from: number, size: number][]): boolean {
  const from = Math.min(...places.map(([at]) => at));
  const length = Math.max(...places.map(([at, size]) => at + size)) - from;
  if (places.length === 0 || length > SPAN_BYTES_MAX) return false;
  bytes.view(from, length);
  return true;
}

/** A title: its length in two bytes, and its text. */
function titleAt(bytes: FileBytes, from: number, size: number, text: TextReader): string {
  const [a = 0, b = 0] = bytes.view(from, 2);
  const length = Math.min((a << 8) | b, size - 2, TITLE_BYTES_MAX);
  if (length <= 0) return "";
  const title = bytes.view(from + 2, length);
  const isWide = (title[0] === 0xfe && title[1] === 0xff) ||
    (title[0] === 0xff && title[1] === 0xfe);
  return isWide ? text.utf16(title, true) : text.utf8OrLegacy(title);
}

/** The places of a track's samples, computed from its chunks, the samples in each chunk, and the sizes of the samples. */
function samplePlaces(bytes: FileBytes, table: Box): [from: number, size: number][] {
  const sizes = sampleSizes(bytes, findBox(bytes, table, "stsz"));
  const chunks = chunkPlaces(bytes, table);
  const runs = [...entries(bytes, findBox(bytes, table, "stsc"), 12)]
    .map((entry) => ({ first: uint32(entry, 0), samples: uint32(entry, 4) }));
  const places: [number, number][] = [];
  let run = 0;
  for (const [i, chunk] of chunks.entries()) {
    while (run + 1 < runs.length && runs[run + 1]!.first <= i + 1) run++;
    let at = chunk;
    for (let n = runs[run]?.samples ?? 0; n > 0 && places.length < sizes.length; n--) {
      const size = sizes[places.length]!;
      places.push([at, size]);
      at += size;
    }
  }
  return places;
}

function sampleSizes(bytes: FileBytes, box: Box | undefined): number[] {
  if (box === undefined) return [];
  const head = bytes.view(box.at, 12);
  const [each, said] = [uint32(head, 4), uint32(head, 8)];
  const count = Math.min(said, CHAPTERS_MAX);
  if (each > 0) return new Array<number>(count).fill(each);
  const sizes = bytes.view(box.at + 12, Math.min(4 * count, box.end - box.at - 12));
  return Array.from({ length: Math.floor(sizes.length / 4) }, (_, i) => uint32(sizes, 4 * i));
}

function chunkPlaces(bytes: FileBytes, table: Box): number[] {
  const short = findBox(bytes, table, "stco");
  if (short !== undefined) return [...entries(bytes, short, 4)].map((entry) => uint32(entry, 0));
  return [...entries(bytes, findBox(bytes, table, "co64"), 8)]
    .map((entry) => uint32(entry, 0) * 2 ** 32 + uint32(entry, 4));
}

function* pairs(bytes: FileBytes, box: Box | undefined): Iterable<[number, number]> {
  for (const entry of entries(bytes, box, 8)) yield [uint32(entry, 0), uint32(entry, 4)];
}

/** The entries of a table, after its version and count. */
function* entries(bytes: FileBytes, box: Box | undefined, width: number): Iterable<Uint8Array> {
  if (box === undefined) return;
  const count = Math.min(uint32(bytes.view(box.at + 4, 4), 0), CHAPTERS_MAX);
  const present = Math.max(0, Math.min(count * width, box.end - box.at - 8));
  const table = bytes.view(box.at + 8, present);
  for (let at = 0; at + width <= table.length; at += width) yield table.subarray(at, at + width);
}

function path(bytes: FileBytes, within: Box, names: readonly string[]): Box | undefined {
  let found: Box | undefined = within;
  for (const name of names) found = found && findBox(bytes, found, name);
  return found;
}
