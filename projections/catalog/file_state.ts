import {
  contentSince,
  type ContentVersion,
  type FileId,
  type Seq,
  type TrackId,
  trackOfFounder,
} from "../../src/base/mod.ts";
import type {
  AudioFormat,
  AudioProperties,
  FileDetails,
  FileVersion,
  ObservedFile,
  TrackTags,
  UnreadableKind,
} from "../../events/facts/files.ts";
import type { Cell, Row } from "../core/query.ts";
import { type TrackNames, trackNames } from "../naming/track_names.ts";

export interface FileTransition {
  /** Undefined for a file that the log names for the first time; a removed file is still known. */
  readonly before: FileState | undefined;
  readonly after: FileState;
}

/** The state of a track's primary copy before and after an event: what the tree showed, and what it shows now. */
export interface TrackTransition {
  readonly track: TrackId;
  /** Undefined when the track was not there, or is there no more. At least one of the two is defined. */
  readonly before: FileState | undefined;
  readonly after: FileState | undefined;
  /** The number has stood for other bytes, which the kernel may hold under it. */
  readonly renewed: boolean;
}

/** The facts of one file. A removed file stays known, so that it can come back as itself. */
export type FileFacts = Omit<
  FileState,
  "details" | "visible" | "names" | "trackTags" | "audioProperties" | "inTrack"
>;

/** What a caller has parsed already of a file that the current event observed. */
interface Parsed {
  readonly tags?: TrackTags | undefined;
  readonly properties?: AudioProperties | undefined;
  readonly details?: FileDetails | undefined;
}

/** A file as the log says it is, with what follows from its facts. */
export class FileState {
  readonly file: FileId;
  /** The track that the file is a copy of; for a file that is in no track now, the one it was last in. */
  readonly track: TrackId;
  readonly origin: string;
  readonly path: string;
  /** The facts of {@link FileVersion}; null where the origin does not say one. */
  readonly size: number;
  readonly mtime_s: number;
  readonly mtime_ns: number;
  readonly etag: string | null;
  readonly ctime_s: number | null;
  readonly ctime_ns: number | null;
  readonly inode: number | null;
  readonly mode: number | null;
  readonly uid: number | null;
  readonly gid: number | null;
  readonly format: AudioFormat | null;
  readonly audio: string | null;
  /** Where the sound lies, in bytes; both are null when that is not known. */
  readonly audio_start: number | null;
  readonly audio_end: number | null;
  /** JSON of TrackTags and AudioProperties. */
  readonly tags: string;
  readonly properties: string;
  readonly unreadable: string | null;
  /** Null for a file that is readable. */
  readonly unreadable_kind: UnreadableKind | null;
  /** True when its times were so recent that bytes written later might have the same times. */
  readonly unsettled: boolean;
  /** Version of the tag reader that read it; 0 for former programs. */
  readonly reader: number;
  readonly removed: boolean;
  /** The version of its bytes: the position of the event that last brought others. */
  readonly content: ContentVersion;
  /** The details of a file that the current event observed; undefined when they are in the table of details. */
  readonly details: FileDetails | undefined;
  #tags: TrackTags | undefined;
  #properties: AudioProperties | undefined;
  #names: TrackNames | undefined;

  constructor(facts: FileFacts, { tags, properties, details }: Parsed = {}) {
    this.details = details;
    this.file = facts.file;
    this.track = facts.track;
    this.origin = facts.origin;
    this.path = facts.path;
    this.size = facts.size;
    this.mtime_s = facts.mtime_s;
    this.mtime_ns = facts.mtime_ns;
    this.etag = facts.etag;
    this.ctime_s = facts.ctime_s;
    this.ctime_ns = facts.ctime_ns;
    this.inode = facts.inode;
    this.mode = facts.mode;
    this.uid = facts.uid;
    this.gid = facts.gid;
    this.format = facts.format;
    this.audio = facts.audio;
    this.audio_start = facts.audio_start;
    this.audio_end = facts.audio_end;
    this.tags = facts.tags;
    this.properties = facts.properties;
    this.unreadable = facts.unreadable;
    this.unreadable_kind = facts.unreadable_kind;
    this.unsettled = facts.unsettled;
    this.reader = facts.reader;
    this.removed = facts.removed;
    this.content = facts.content;
    this.#tags = tags;
    this.#properties = properties;
  }

  /** Whether the tree may show the file as a track: it is not removed, and its format was understood. */
  get visible(): boolean {
    return !this.removed && this.unreadable === null && this.format !== null;
  }

  get names(): TrackNames {
    return this.#names ??= trackNames(this.trackTags, this.path);
  }

  /** {@link tags}, parsed. */
  get trackTags(): TrackTags {
    return this.#tags ??= JSON.parse(this.tags) as TrackTags;
  }

  /** {@link properties}, parsed. */
  get audioProperties(): AudioProperties {
    return this.#properties ??= propertiesOf(this);
  }

  /** The same file as a copy of a track. */
  inTrack(track: TrackId): FileState {
    if (track === this.track) return this;
    const parsed = { tags: this.#tags, properties: this.#properties, details: this.details };
    return new FileState({ ...this, track }, parsed);
  }
}

/** The state of a file after a scan has observed it. */
export function observed(
  before: FileState | undefined,
  origin: string,
  file: ObservedFile,
  seq: Seq,
): FileState {
  const parsed = {
    tags: file.tags ?? {},
    properties: file.properties ?? {},
    details: file.details ?? {},
  };
  const tags = JSON.stringify(parsed.tags);
  const audio = file.audio ?? null;
  const etag = file.etag ?? null;
  const sameVersion = before !== undefined && !before.removed && before.size === file.size &&
    before.mtime_s === file.mtime_s && before.mtime_ns === file.mtime_ns && before.etag === etag &&
    isAsItWas(before.ctime_s, file.ctime_s) && isAsItWas(before.ctime_ns, file.ctime_ns) &&
    isAsItWas(before.inode, file.inode);
  const sameReading = sameVersion && before.audio === audio && before.tags === tags;
  // Tags that are read once more may differ although the bytes are the same. Bytes written within the same second may
  // differ although the tags are the same: nobody knows which of them were served meanwhile.
  const sameBytes = sameReading && !before.unsettled || sameVersion && file.reread === true;
  return new FileState(
    {
      file: file.file,
      track: before?.track ?? trackOfFounder(file.file),
      origin,
      path: file.path,
      size: file.size,
      mtime_s: file.mtime_s,
      mtime_ns: file.mtime_ns,
      etag,
      ctime_s: file.ctime_s ?? null,
      ctime_ns: file.ctime_ns ?? null,
      inode: file.inode ?? null,
      mode: file.mode ?? null,
      uid: file.uid ?? null,
      gid: file.gid ?? null,
      format: file.format ?? null,
      audio,
      audio_start: file.audio_start ?? null,
      audio_end: file.audio_end ?? null,
      tags,
      properties: JSON.stringify(parsed.properties),
      unreadable: file.unreadable ?? null,
      unreadable_kind: file.unreadable === undefined ? null : file.unreadable_kind ?? "format",
      unsettled: file.unsettled ?? false,
      reader: file.reader ?? 0,
      removed: false,
      content: sameBytes ? before.content : contentSince(seq),
    },
    parsed,
  );
}

/** A fact that either side lacks is no difference: logs of older programs have neither time of change nor inode. */
function isAsItWas(before: number | null, after: number | undefined): boolean {
  return before === null || after === undefined || before === after;
}

export function removed(before: FileState): FileState {
  return new FileState({ ...before, removed: true });
}

/** The properties of the sound, parsed. */
export function propertiesOf(state: FileFacts): AudioProperties {
  return JSON.parse(state.properties) as AudioProperties;
}

/** The columns that {@link stateFromRow} needs; `f` is `files`, `d` its `source_directories`. */
export const STATE_COLUMNS =
  `f.number, f.track, d.origin, d.path AS directory_path, f.name, f.size, f.mtime_s,
  f.mtime_ns, f.etag, f.ctime_s, f.ctime_ns, f.inode, f.mode, f.uid, f.gid, f.format, f.audio, f.audio_start,
  f.audio_end, f.tags, f.properties, f.unreadable, f.unreadable_kind, f.unsettled, f.reader, f.removed,
  f.content`;

/** The SQL condition for {@link FileState.visible}. */
export const VISIBLE = "f.removed = 0 AND f.unreadable IS NULL AND f.format IS NOT NULL";

export function stateFromRow(row: Row): FileState {
  const [file, track, origin, directory, name, size, mtime_s, mtime_ns, etag] = row as [
    ...[FileId, TrackId, string, string, string, number, number, number, string | null],
    ...Cell[],
  ];
  const [ctime_s, ctime_ns, inode, mode, uid, gid] = row.slice(9) as [
    ...[number | null, number | null, number | null, number | null, number | null, number | null],
    ...Cell[],
  ];
  const [format, audio, audio_start, audio_end, tags, properties] = row.slice(15) as [
    ...[AudioFormat | null, string | null, number | null, number | null, string, string],
    ...Cell[],
  ];
  const [unreadable, unreadable_kind, unsettled, reader, gone, content] = row.slice(21) as [
    ...[string | null, UnreadableKind | null, number, number, number, ContentVersion],
  ];
  const path = joinPath(directory, name);
  return new FileState({
    ...{ file, track, origin, path, size, mtime_s, mtime_ns, etag, format, audio, audio_start },
    ...{ ctime_s, ctime_ns, inode, mode, uid, gid },
    ...{ audio_end, tags, properties, unreadable, unreadable_kind, reader },
    unsettled: unsettled !== 0,
    ...{ removed: gone !== 0, content },
  });
}

/** The version of a file's bytes as an event or an origin has it: without the facts that are not known. */
export function versionOf(state: FileFacts): FileVersion {
  const { size, mtime_s, mtime_ns, etag, ctime_s, ctime_ns, inode } = state;
  return {
    ...{ size, mtime_s, mtime_ns },
    ...(etag !== null && { etag }),
    ...(ctime_s !== null && ctime_ns !== null && { ctime_s, ctime_ns }),
    ...(inode !== null && { inode }),
  };
}

/** The facts of an observation besides the file's number, place and version. */
export type ObservedFacts = Omit<ObservedFile, "file" | "path" | "moved_from" | keyof FileVersion>;

/** The facts of the observation that led to this state. */
export function observedFacts(state: FileFacts): ObservedFacts {
  const { mode, uid, gid, format, audio, audio_start, audio_end, reader } = state;
  const { unreadable, unreadable_kind, unsettled } = state;
  return {
    ...(mode !== null && { mode }),
    ...(uid !== null && { uid }),
    ...(gid !== null && { gid }),
    ...(format !== null && { format }),
    ...(audio !== null && { audio }),
    ...(audio_start !== null && { audio_start }),
    ...(audio_end !== null && { audio_end }),
    ...(unreadable === null
      ? { tags: JSON.parse(state.tags) as TrackTags, properties: propertiesOf(state) }
      : { unreadable }),
    ...(unreadable_kind !== null && { unreadable_kind }),
    ...(unsettled && { unsettled }),
    reader,
  };
}

export function joinPath(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

/** The directory part ("" for the root) and the last segment. */
export function splitPath(path: string): [directory: string, name: string] {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? ["", path] : [path.slice(0, slash), path.slice(slash + 1)];
}
