import type { LibraryQueries } from "../../projections/mod.ts";
import type { KnownFile, KnownFiles, KnownSound } from "../scan/mod.ts";

/**
 * What the projections know of one origin, as a scan asks it. `queries` is asked anew each time: a rebuild may
 * have replaced the file behind it.
 */
export function knownLibrary(origin: string, queries: () => LibraryQueries): KnownFiles {
  return {
    isEmpty: () => !queries().hasFiles(origin),
    liveCount() {
      const row = queries().origin(origin);
      return row === undefined ? 0 : row.tracks + row.unreadable;
    },
    inDirectory: (directory): KnownFile[] =>
      queries().knownInDirectory(origin, directory).map(({ etag, unreadable, ...known }) => ({
        ...known,
        ...(etag !== null && { etag }),
        unreadable: unreadable !== null,
      })),
    subdirectories(directory) {
      const prefix = directory === "" ? 0 : directory.length + 1;
      const found = new Set<string>();
      for (const path of queries().directoriesBelow(origin, directory)) {
        const end = path.indexOf("/", prefix);
        found.add(end < 0 ? path : path.slice(0, end));
      }
      return found;
    },
    *below(directory) {
      const directories = [directory, ...queries().directoriesBelow(origin, directory)];
      for (const path of directories) {
        for (const { file, name } of queries().knownInDirectory(origin, path)) {
          yield { file, path: path === "" ? name : `${path}/${name}` };
        }
      }
    },
    removedAt(path) {
      const state = queries().fileAt(origin, path);
      return state?.removed ? { file: state.file, audio: state.audio } : undefined;
    },
    withAudio: (audio): KnownSound[] =>
      queries().filesWithAudio(audio)
        .filter((state) => state.origin === origin)
        .map(({ file, path, removed }) => ({ file, path, removed })),
  };
}
