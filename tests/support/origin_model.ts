import type { OtherFile, StoredEvent } from "../../events/mod.ts";
import { isListablePath, nodeOfFile, nodeOfOtherFile, nodeOfTrack } from "../../src/base/mod.ts";
import { TrackModel } from "./track_model.ts";
import { toFileId, toTrackId } from "../../src/base/mod.ts";

/**
 * What `/.origins` must show after a log, computed in the slow and plain way. One line for each directory, `PATH/`, and for
 * each file, `PATH NODE SIZE`, sorted; the first part of a path is the origin.
 */
export function originsOf(events: readonly StoredEvent[]): string[] {
  const music = new TrackModel();
  const others = new Map<number, OtherFile & { readonly origin: string }>();
  /** Directories of every origin that is there, "" for its root. */
  const origins = new Set<string>();
  for (const event of events) {
    music.fold(event);
    if (event.type === "OriginConfigured") origins.add(event.data.origin);
    else if (event.type === "OriginRemoved") {
      const { origin } = event.data;
      origins.delete(origin);
      for (const [file, other] of others) if (other.origin === origin) others.delete(file);
    } else if (event.type === "OtherFilesObserved") {
      const { origin, files } = event.data;
      for (const file of files) {
        for (const [number, { origin: at, path }] of others) {
          if (at === origin && path === file.path) others.delete(number);
        }
        others.set(file.file, { ...file, origin });
        origins.add(origin);
      }
    } else if (event.type === "OtherFilesRemoved") {
      for (const file of event.data.files) others.delete(file);
    }
    for (const { removed, origin, path } of music.files()) {
      if (!removed && isListablePath(path)) origins.add(origin);
    }
  }
  const primaries = new Set([...music.primaries().values()].map(({ file }) => file));
  const shown = [
    ...music.files().filter(({ removed, path }) => !removed && isListablePath(path)).map((it) => ({
      ...{ path: `${it.origin}/${it.path}`, size: it.size },
      node: primaries.has(it.file) ? nodeOfTrack(toTrackId(it.track)) : nodeOfFile(it.file),
    })),
    ...[...others.values()].map((it) => (
      { path: `${it.origin}/${it.path}`, size: it.size, node: nodeOfOtherFile(toFileId(it.file)) }
    )),
  ];
  const directories = new Set(origins);
  for (const { path } of shown) {
    for (let at = path.lastIndexOf("/"); at > 0; at = path.lastIndexOf("/", at - 1)) {
      directories.add(path.slice(0, at));
    }
  }
  return [
    ...[...directories].map((path) => `${path}/`),
    // Where a directory has the name of a file, the directory is shown.
    ...shown.filter(({ path }) => !directories.has(path))
      .map(({ path, node, size }) => `${path} ${node} ${size}`),
  ].sort();
}
