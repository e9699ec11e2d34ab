import type { CacheEvent, Chunk, ContentFacts } from "./facts/cache.ts";
import type {
  AudioProperties,
  Chapter,
  CopyComparison,
  CuePlace,
  FileDetails,
  ObservedFile,
  OtherFile,
  PicturePlace,
  TrackTags,
  VersionedFile,
} from "./facts/files.ts";
import type { ViewFacts } from "./facts/library.ts";
import type { SoughtEntry } from "./facts/playlists.ts";
import type { UnknownKind, UnlistedDirectory } from "./facts/origins.ts";
import type { EventType, MusicEvent } from "./log/event_log.ts";
import { type Shape, shape } from "../src/base/mod.ts";
import type { Upcaster } from "./log/upcast.ts";

const { anyOf, count, flag, integer, list, map, number, oneOf, optional, orNull, text } = shape;

/** The facts about the events of one type that a program knows. */
export interface KnownEvent {
  /** The newest version. `check` says what is wrong with data of that version; null when nothing is. */
  readonly v: number;
  readonly check: (data: unknown) => string | null;
  /**
   * Whether a program that does not know the type may pass over its events, and everything that the program shows is
   * still right; false when absent. Events that place a track, number it or say which bytes are its own are never
   * passable.
   */
  readonly passable?: boolean;
  /** Whether events of the type are read in older logs, but no longer appended; false when absent. */
  readonly former?: boolean;
}

/**
 * The events that a program can read: the newest version of each type with its shape, and the upcasters of older ones.
 */
export interface Vocabulary {
  readonly events: { readonly [type: string]: KnownEvent };
  readonly upcasters: readonly Upcaster[];
}

type Data<Type extends EventType> = Extract<MusicEvent, { type: Type }>["data"];

const pair = fields<{ no: number | null; of: number | null }>({
  no: orNull(integer),
  of: orNull(integer),
});

const tags = fields<TrackTags>({
  title: optional(text),
  artist: optional(text),
  artists: optional(list(text)),
  albumartist: optional(text),
  album: optional(text),
  track: optional(pair),
  disk: optional(pair),
  year: optional(integer),
  date: optional(text),
  genre: optional(list(text)),
  composer: optional(list(text)),
  compilation: optional(flag),
});

const place = { offset: count, length: count, paged: optional(flag) };

const details = fields<FileDetails>({
  tags: optional(map(anyOf(text, number, flag, list(text)))),
  other: optional(map(anyOf(text, list(text)))),
  pictures: optional(list(fields<PicturePlace>({
    ...{ type: count, mime: optional(text), claimed: optional(flag), size: optional(count) },
    ...{ encoding: optional(text), ...place },
  }))),
  chapters: optional(list(fields<Chapter>({
    title: text,
    start_ms: count,
    end_ms: optional(count),
  }))),
  cue_sheet: optional(fields<CuePlace>({ kind: text, ...place })),
  cut: optional(list(text)),
  encoding: optional(text),
});

const properties = fields<AudioProperties>({
  codec: optional(text),
  duration_ms: optional(number),
  bitrate: optional(number),
  sample_rate: optional(number),
  channels: optional(number),
  bits_per_sample: optional(number),
});

/** The version of a file and who may read it, as a scan sees them. */
const seenVersion = {
  size: count,
  mtime_s: integer,
  mtime_ns: count,
  etag: optional(text),
  ctime_s: optional(integer),
  ctime_ns: optional(count),
  inode: optional(count),
  mode: optional(count),
  uid: optional(count),
  gid: optional(count),
};

const observedFile = fields<ObservedFile>({
  file: count,
  path: text,
  moved_from: optional(text),
  ...seenVersion,
  format: optional(text),
  audio: optional(text),
  audio_start: optional(count),
  audio_end: optional(count),
  tags: optional(tags),
  details: optional(details),
  properties: optional(properties),
  unreadable: optional(text),
  unreadable_kind: optional(text),
  unsettled: optional(flag),
  reread: optional(flag),
  reader: optional(count),
});

const otherFile = fields<OtherFile>({
  file: count,
  path: text,
  ...seenVersion,
});

const versionedFile = fields<VersionedFile>({ file: count, version: count });

const copyComparison = fields<CopyComparison>({
  file: count,
  version: count,
  other: count,
  other_version: count,
  ranges: list(fields<{ from: number; to: number }>({ from: count, to: count })),
  shift: integer,
  alike: oneOf("bytes", "sound", "nothing"),
});

const scanMode = oneOf("full", "changes", "directories");

const contentFacts = fields<ContentFacts>({
  size: count,
  mtime_s: integer,
  mtime_ns: count,
  etag: optional(text),
  audio: optional(text),
  audio_start: optional(count),
  audio_end: optional(count),
});

const CACHE_EVENTS = {
  ChunksStored: event<"ChunksStored">(2, {
    file: count,
    version: count,
    offset: count,
    chunks: list(fields<Chunk>({ hash: text, length: count })),
    origin: orNull(text),
    provisional: flag,
    of: orNull(contentFacts),
  }),
  PartsProven: event<"PartsProven">(1, {
    file: count,
    version: count,
    by: oneOf("bytes", "md5", "etag"),
  }),
  FilesUsed: event<"FilesUsed">(1, { files: list(count) }),
  ChunksEvicted: event<"ChunksEvicted">(1, {
    reason: oneOf("space", "cleared", "superseded"),
    part: oneOf("content", "all"),
    manifests: list(versionedFile),
  }),
  ChunkCorrupted: event<"ChunkCorrupted">(1, { hash: text, reason: text }),
} satisfies Record<CacheEvent["type"], KnownEvent>;

const UPCASTERS: readonly Upcaster[] = [
  // Version 1 is of library logs, which have the facts about the file's version themselves.
  {
    type: "ChunksStored",
    v: 1,
    lift: (data: { readonly origin: string | null }) => (
      { ...data, provisional: data.origin === null, of: null }
    ),
  },
];

/** The events of cache logs. */
export const CACHE_VOCABULARY: Vocabulary = { events: CACHE_EVENTS, upcasters: UPCASTERS };

/** The events of library logs. A new shape gets the next version here, and an upcaster from the one before. */
export const LIBRARY_VOCABULARY = {
  events: {
    OriginConfigured: event<"OriginConfigured">(1, {
      origin: text,
      kind: text,
      root: text,
      priority: number,
      instead_of: optional(list(text)),
    }),
    OriginRemoved: event<"OriginRemoved">(1, { origin: text }),
    ScanStarted: event<"ScanStarted">(1, { origin: text, scan: count, mode: scanMode }),
    ScanCompleted: event<"ScanCompleted">(1, {
      origin: text,
      scan: count,
      mode: scanMode,
      listed: count,
      read: count,
      unreadable: count,
      removed: count,
      unlisted: list(fields<UnlistedDirectory>({ path: text, reason: text })),
      unknown: optional(list(fields<UnknownKind>({ extension: text, files: count }))),
      mounts: optional(list(text)),
      duration_ms: number,
      other_names: optional(count),
    }),
    ScanFailed: event<"ScanFailed">(1, { origin: text, scan: count, reason: text }),
    RemovalsHeld: event<"RemovalsHeld">(1, {
      origin: text,
      scan: count,
      missing: count,
      known: count,
    }),
    RemovalsConfirmed: event<"RemovalsConfirmed">(1, { origin: text }),
    OriginHealthChanged: passable(event<"OriginHealthChanged">(1, {
      origin: text,
      health: oneOf("up", "down"),
      reason: orNull(text),
    })),
    FilesObserved: event<"FilesObserved">(1, {
      origin: text,
      scan: count,
      position: text,
      files: list(observedFile),
    }),
    FilesRemoved: event<"FilesRemoved">(1, { origin: text, scan: count, files: list(count) }),
    OtherFilesObserved: passable(event<"OtherFilesObserved">(1, {
      origin: text,
      scan: count,
      files: list(otherFile),
    })),
    OtherFilesRemoved: passable(event<"OtherFilesRemoved">(1, {
      origin: text,
      scan: count,
      files: list(count),
    })),
    CopiesCompared: event<"CopiesCompared">(1, {
      comparisons: list(copyComparison),
      done: list(versionedFile),
    }),
    PartsCompared: event<"PartsCompared">(1, {
      file: count,
      version: count,
      by: oneOf("bytes", "md5", "etag"),
      alike: flag,
    }),
    TrackPlayed: passable(event<"TrackPlayed">(1, { track: count })),
    TracksPinned: event<"TracksPinned">(1, { query: text, tracks: list(count) }),
    TracksUnpinned: event<"TracksUnpinned">(1, { query: text, tracks: list(count) }),
    CollectionSaved: passable(event<"CollectionSaved">(1, {
      name: text,
      query: optional(text),
      tracks: optional(list(count)),
      from: optional(count),
    })),
    CollectionRenamed: passable(event<"CollectionRenamed">(1, { name: text, to: text })),
    CollectionRemoved: passable(event<"CollectionRemoved">(1, { name: text })),
    PlaylistRead: passable(event<"PlaylistRead">(1, {
      origin: text,
      file: count,
      found: count,
      collection: optional(text),
      problem: optional(text),
      missing: optional(count),
      sought: optional(list(fields<SoughtEntry>({ text, raw: optional(text), after: count }))),
    })),
    OriginTransferred: passable(event<"OriginTransferred">(1, { origin: text, bytes: count })),
    TemplateChanged: event<"TemplateChanged">(1, {
      template: text,
      names: optional(oneOf("linux", "windows")),
      fold_case: optional(flag),
    }),
    // What an older program shows without views is right.
    ViewsChanged: passable(event<"ViewsChanged">(1, {
      views: list(fields<ViewFacts>({ name: text, match: text, template: text })),
      names: oneOf("linux", "windows"),
      fold_case: flag,
    })),
    ...{
      ChunksStored: former(CACHE_EVENTS.ChunksStored),
      ChunksEvicted: former(CACHE_EVENTS.ChunksEvicted),
      ChunkCorrupted: former(CACHE_EVENTS.ChunkCorrupted),
      ChunkStoreFound: former(event<"ChunkStoreFound">(1, {
        store: text,
        holds: oneOf("all", "nothing"),
      })),
    },
  } satisfies Record<Exclude<MusicEvent["type"], "PartsProven" | "FilesUsed">, KnownEvent>,
  upcasters: UPCASTERS,
} as const satisfies Vocabulary;

function event<Type extends EventType>(
  v: Extract<MusicEvent, { type: Type }>["v"],
  shapes: { readonly [Name in keyof Data<Type>]-?: Shape<unknown> },
): KnownEvent {
  return { v, check: fields<Data<Type>>(shapes).problem };
}

/** The shape of an object with every field of a type: a missing field does not compile. */
function fields<T>(
  shapes: { readonly [Name in keyof T]-?: Shape<unknown> },
): Shape<unknown> {
  return shape.object(shapes);
}

function former(known: KnownEvent): KnownEvent {
  return { ...known, former: true };
}

function passable(known: KnownEvent): KnownEvent {
  return { ...known, passable: true };
}
