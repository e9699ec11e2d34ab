import type {
  AudioFormat,
  AudioProperties,
  FileVersion,
  ObservedFile,
  TrackTags,
} from "../events/file_events.ts";
import type { Cell, Row } from "./_query.ts";
import { type TrackNames, trackNames } from "./track_names.ts";

export interface FileTransition {
  /** Undefined for a file the log never named before; a removed file is still known. */
  readonly before: FileState | undefined;
  readonly after: FileState;
}

/** What is known of one file. Removed files stay known, so that they can come back as themselves. */
export interface FileFacts extends FileVersion {
  readonly file: number;
  readonly origin: string;
  readonly path: string;
  readonly format: AudioFormat | null;
  readonly audio: string | null;
  /** JSON of TrackTags and AudioProperties. */
  readonly tags: string;
  readonly properties: string;
  readonly unreadable: string | null;
  readonly removed: boolean;
  /** Position of the event that last brought other bytes. */
  readonly changed_seq: number;
}

export class FileState implements FileFacts {
  readonly file: number;
  readonly origin: string;
  readonly path: string;
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  readonly format: AudioFormat | null;
  readonly audio: string | null;
  readonly tags: string;
  readonly properties: string;
  readonly unreadable: string | null;
  readonly removed: boolean;
  readonly changed_seq: number;
  #parsedTags: TrackTags | undefined;
  #names: TrackNames | undefined;

  constructor(facts: FileFacts, parsedTags?: TrackTags) {
    this.file = facts.file;
    this.origin = facts.origin;
    this.path = facts.path;
    this.size = facts.size;
    this.mtime_s = facts.mtime_s;
    this.mtime_ns = facts.mtime_ns;
    this.format = facts.format;
    this.audio = facts.audio;
    this.tags = facts.tags;
    this.properties = facts.properties;
    this.unreadable = facts.unreadable;
    this.removed = facts.removed;
    this.changed_seq = facts.changed_seq;
    this.#parsedTags = parsedTags;
  }

  /** A track in the tree: there, and understood. */
  get visible(): boolean {
    return !this.removed && this.unreadable === null && this.format !== null;
  }

  get names(): TrackNames {
    this.#parsedTags ??= JSON.parse(this.tags) as TrackTags;
    return this.#names ??= trackNames(this.#parsedTags, this.path);
  }
}

/** The state after a scan saw the file. */
export function observed(
  before: FileState | undefined,
  origin: string,
  file: ObservedFile,
  seq: number,
): FileState {
  const tags = JSON.stringify(file.tags ?? {});
  const audio = file.audio ?? null;
  const sameBytes = before !== undefined && !before.removed && before.size === file.size &&
    before.mtime_s === file.mtime_s && before.mtime_ns === file.mtime_ns &&
    before.audio === audio && before.tags === tags;
  return new FileState({
    file: file.file,
    origin,
    path: file.path,
    size: file.size,
    mtime_s: file.mtime_s,
    mtime_ns: file.mtime_ns,
    format: file.format ?? null,
    audio,
    tags,
    properties: JSON.stringify(file.properties ?? {}),
    unreadable: file.unreadable ?? null,
    removed: false,
    changed_seq: sameBytes ? before.changed_seq : seq,
  }, file.tags ?? {});
}

export function removed(before: FileState): FileState {
  return new FileState({ ...before, removed: true });
}

/** Properties of the sound, parsed. */
export function propertiesOf(state: FileFacts): AudioProperties {
  return JSON.parse(state.properties) as AudioProperties;
}

/** Columns for {@link stateFromRow}; `f` is `files`, `d` its `source_directories`. */
export const STATE_COLUMNS =
  `f.number, d.origin, d.path AS directory_path, f.name, f.size, f.mtime_s,
  f.mtime_ns, f.format, f.audio, f.tags, f.properties, f.unreadable, f.removed, f.changed_seq`;

export function stateFromRow(row: Row): FileState {
  const [file, origin, directory, name, size, mtime_s, mtime_ns] = row as [
    ...[number, string, string, string, number, number, number],
    ...Cell[],
  ];
  const [format, audio, tags, properties, unreadable, gone, changed_seq] = row.slice(7) as [
    ...[AudioFormat | null, string | null, string, string, string | null, number, number],
  ];
  const path = joinPath(directory, name);
  return new FileState({
    ...{ file, origin, path, size, mtime_s, mtime_ns, format, audio, tags, properties },
    ...{ unreadable, removed: gone !== 0, changed_seq },
  });
}

export function joinPath(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** Directory part ("" for the root) and last segment. */
export function splitPath(path: string): [directory: string, name: string] {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? ["", path] : [path.slice(0, slash), path.slice(slash + 1)];
}
