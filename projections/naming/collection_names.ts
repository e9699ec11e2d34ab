import type { NamesFor } from "../../events/facts/library.ts";
import { safeFileName } from "./path_segment.ts";
import { UNTITLED } from "./template_variables.ts";
import { windowsName } from "./windows_name.ts";

/** The fields of a track that its name in a collection has. Empty is "". */
export interface CollectionNameFacts {
  readonly title: string;
  readonly artist: string;
  readonly format: string;
}

/** Digits of the numbers in a collection of fewer tracks than 1,000. */
const DIGITS_MIN = 3;

/**
 * The name of a track in a collection of `count` tracks: `003 - Artist - Title.flac`. `place` is from 1 up. The numbers
 * keep the order of the collection in every program that sorts by names, and make the names unique.
 */
export function collectionName(
  { title, artist, format }: CollectionNameFacts,
  place: number,
  { count, names }: { readonly count: number; readonly names: NamesFor },
): string {
  const number = String(place).padStart(Math.max(DIGITS_MIN, String(count).length), "0");
  const stem = [number, artist, title || UNTITLED].filter((text) => text !== "").join(" - ");
  const name = safeFileName(`${stem}.${format}`.replaceAll("/", "_"));
  return names === "windows" ? windowsName(name) : name;
}
