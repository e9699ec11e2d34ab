import { stringFromBytes } from "../base/mod.ts";
import type { PlaylistEntry } from "./read_playlist.ts";

/**
 * Where a playlist says that a file is. Segments are without `.` and without empty ones, and `..` stands at the front
 * only.
 */
export interface EntryPlace {
  /** Whether the path begins at the root of some file system, and not where the playlist lies. */
  readonly isAbsolute: boolean;
  readonly segments: readonly string[];
}

const SCHEME = /^([a-z][a-z0-9+.-]+):\/\//i;
const DRIVE = /^[a-z]:(?=[\\/])/i;
const encoder = new TextEncoder();

/**
 * The places that an entry may name, the likeliest first; none for the address of a stream. Programs for Windows write
 * backslashes, some write percent signs without `file://` before them, and a name on a Linux disk may have both.
 */
export function placesOf({ text: written, raw }: PlaylistEntry): EntryPlace[] {
  // Java writes one slash.
  const text = written.replace(/^file:\/(?!\/)/i, "file:///");
  const scheme = SCHEME.exec(text)?.[1]?.toLowerCase();
  if (scheme !== undefined && scheme !== "file") return [];
  // `file://host/path` names a host before the path, which is mostly empty.
  const paths = scheme === "file"
    ? [decoded(text.slice("file://".length).replace(/^[^/]*/, "")).replace(/^\/(?=[a-z]:)/i, "")]
    : [text, ...raw === null ? [] : [raw], decoded(text)];
  const all = paths.flatMap((path) => [path, path.replace(DRIVE, "").replaceAll("\\", "/")]);
  return [...new Set(all)].flatMap((path) => placeAt(path) ?? []);
}

function placeAt(path: string): EntryPlace | null {
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "" || segment === ".") continue;
    const last = segments.at(-1);
    if (segment === ".." && last !== undefined && last !== "..") segments.pop();
    else segments.push(segment);
  }
  const last = segments.at(-1);
  if (last === undefined || last === ".." || path.includes("\0")) return null;
  return { isAbsolute: path.startsWith("/"), segments };
}

/** The text with its percent-encoded bytes decoded; a percent sign without two digits behind it stands for itself. */
function decoded(text: string): string {
  if (!text.includes("%")) return text;
  const bytes = encoder.encode(text);
  const out = new Uint8Array(bytes.length);
  let length = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] === 0x25 ? hexByte(bytes, at + 1) : undefined;
    out[length++] = byte ?? bytes[at]!;
    if (byte !== undefined) at += 2;
  }
  return stringFromBytes(out.subarray(0, length));
}

function hexByte(bytes: Uint8Array, at: number): number | undefined {
  const digits = String.fromCharCode(bytes[at] ?? 0, bytes[at + 1] ?? 0);
  return /^[0-9a-f]{2}$/i.test(digits) ? parseInt(digits, 16) : undefined;
}
