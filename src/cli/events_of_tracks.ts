import type { StoredEvent } from "../../events/mod.ts";
import type { LibraryQueries } from "../../projections/mod.ts";
import { type FileId, type TrackId, trackOfFounder } from "../base/mod.ts";

/** Tracks by every number that they ever had, and the files that are or were copies of them. */
export interface NamedTracks {
  readonly tracks: ReadonlySet<TrackId>;
  readonly files: ReadonlySet<FileId>;
}

/** These tracks. Events before two files were found to be copies name each by a track of its own. */
export function namedTracks(library: LibraryQueries, tracks: Iterable<TrackId>): NamedTracks {
  const numbers = new Set(tracks);
  const files = new Set([...numbers].flatMap((track) => library.filesOfTrack(track)));
  for (const file of files) numbers.add(trackOfFounder(file));
  return { tracks: numbers, files };
}

/** Whether an event says something about one of the tracks, or about a file of theirs. */
export function isAbout(event: StoredEvent, { tracks, files }: NamedTracks): boolean {
  const hasFile = (file: FileId) => files.has(file);
  const hasTrack = (track: TrackId) => tracks.has(track);
  switch (event.type) {
    case "FilesObserved":
      return event.data.files.some(({ file }) => hasFile(file));
    case "FilesRemoved":
      return event.data.files.some(hasFile);
    case "CopiesCompared":
      return event.data.comparisons.some(({ file, other }) => hasFile(file) || hasFile(other)) ||
        event.data.done.some(({ file }) => hasFile(file));
    case "PartsCompared":
    case "PartsProven":
    case "ChunksStored":
      return hasFile(event.data.file);
    case "FilesUsed":
      return event.data.files.some((file) => hasFile(file as FileId));
    case "ChunksEvicted":
      return event.data.manifests.some(({ file }) => hasFile(file));
    case "TrackPlayed":
      return hasTrack(event.data.track);
    case "TracksPinned":
    case "TracksUnpinned":
      return event.data.tracks.some(hasTrack);
    case "CollectionSaved":
      return event.data.tracks?.some(hasTrack) ?? false;
    case "PlaylistRead":
    case "CollectionRenamed":
    case "CollectionRemoved":
    case "OriginConfigured":
    case "OriginRemoved":
    case "OriginHealthChanged":
    case "OriginTransferred":
    case "ScanStarted":
    case "ScanCompleted":
    case "ScanFailed":
    case "RemovalsHeld":
    case "RemovalsConfirmed":
    case "OtherFilesObserved":
    case "OtherFilesRemoved":
    case "ChunkStoreFound":
    case "ChunkCorrupted":
    case "TemplateChanged":
    case "ViewsChanged":
      return false;
  }
}
