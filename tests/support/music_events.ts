import type {
  MusicEvent,
  ObservedFile,
  OtherFile,
  TrackTags,
  ViewFacts,
} from "../../events/mod.ts";
import { toFileId } from "../../src/base/mod.ts";
import { type Plain, withIds } from "./plain_ids.ts";

/** Short forms of events for tests: one origin, version 1, plain values. */
export function template(
  text: string,
  more: { names?: "linux" | "windows"; fold_case?: boolean } = {},
): MusicEvent {
  return { type: "TemplateChanged", v: 1, data: { template: text, ...more } };
}

export function views(...all: readonly ViewFacts[]): MusicEvent {
  return { type: "ViewsChanged", v: 1, data: { views: all, names: "linux", fold_case: true } };
}

export function observed(scan: number, ...files: Plain<ObservedFile>[]): MusicEvent {
  return observedOn("local", scan, ...files);
}

export function observedOn(
  origin: string,
  scan: number,
  ...files: Plain<ObservedFile>[]
): MusicEvent {
  const position = files.at(-1)?.path ?? "";
  return withIds<MusicEvent>({
    type: "FilesObserved",
    v: 1,
    data: { origin, scan, position, files },
  });
}

export function gone(scan: number, ...files: number[]): MusicEvent {
  return withIds<MusicEvent>({
    type: "FilesRemoved",
    v: 1,
    data: { origin: "local", scan, files },
  });
}

export function configured(origin: string, root: string, priority = 1): MusicEvent {
  return { type: "OriginConfigured", v: 1, data: { origin, kind: "local", root, priority } };
}

/** A FLAC file of 100 bytes that last changed at second 1,000. */
export function flac(
  file: number,
  path: string,
  tags: TrackTags = {},
  more: Partial<ObservedFile> = {},
): ObservedFile {
  return {
    file: toFileId(file),
    path,
    size: 100,
    mtime_s: 1_000,
    mtime_ns: 0,
    format: "flac",
    tags,
    ...more,
  };
}

/** Files that are no music, as a scan found them. */
export function othersObserved(scan: number, ...files: Plain<OtherFile>[]): MusicEvent {
  return withIds<MusicEvent>({
    type: "OtherFilesObserved",
    v: 1,
    data: { origin: "local", scan, files },
  });
}

export function othersGone(scan: number, ...files: number[]): MusicEvent {
  return withIds<MusicEvent>({
    type: "OtherFilesRemoved",
    v: 1,
    data: { origin: "local", scan, files },
  });
}
