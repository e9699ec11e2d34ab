import type { FileId } from "../base/mod.ts";
import { type FileState, type LibraryQueries, versionOf } from "../../projections/mod.ts";
import type { FormerFile, KnownFiles, KnownOtherFiles, KnownSound } from "../scan/mod.ts";

/**
 * The facts about one origin that the projections have, in the form in which a scan asks for them. `queries` is called
 * each time, since a rebuild may have replaced the file behind it. `isNamed` tells whether the settings name an origin.
 */
export function knownLibrary(
  origin: string,
  queries: () => LibraryQueries,
  isNamed: (origin: string) => boolean,
): KnownFiles {
  const unnamed = queries().origins().map(({ id }) => id).filter((id) => !isNamed(id));
  const isRelevant = (state: FileState) =>
    state.origin === origin || unnamed.includes(state.origin);
  const { isMoved = false } = queries().origin(origin) ?? {};
  return {
    isEmpty: () => ![origin, ...unnamed].some((id) => queries().scanning.hasFiles(id)),
    liveCount() {
      const row = queries().origin(origin);
      return row === undefined ? 0 : row.tracks + row.unreadable;
    },
    hasOtherNames: () => (queries().origin(origin)?.other_names ?? 0) > 0,
    inDirectory: (directory) => queries().scanning.knownInDirectory(origin, directory),
    formerlyIn: (directory): FormerFile[] =>
      [origin, ...unnamed].flatMap((id) => {
        const isElsewhere = id !== origin || isMoved;
        return queries().scanning.formerlyInDirectory(id, directory, isElsewhere).map((state) => ({
          file: state.file,
          name: state.path.slice(state.path.lastIndexOf("/") + 1),
          isElsewhere,
          version: versionOf(state),
          facts: queries().scanning.factsOf(state),
        }));
      }),
    directories: () => ["", ...queries().scanning.directoriesBelow(origin, "")],
    subdirectories(directory) {
      const prefix = directory === "" ? 0 : directory.length + 1;
      const found = new Set<string>();
      for (const path of queries().scanning.directoriesBelow(origin, directory)) {
        const end = path.indexOf("/", prefix);
        found.add(end < 0 ? path : path.slice(0, end));
      }
      return found;
    },
    *below(directory) {
      const directories = [directory, ...queries().scanning.directoriesBelow(origin, directory)];
      for (const path of directories) {
        for (const { file, name } of queries().scanning.knownInDirectory(origin, path)) {
          yield { file, path: path === "" ? name : `${path}/${name}` };
        }
      }
    },
    mounts: () => queries().origin(origin)?.mounts ?? [],
    unlisted: () => queries().origin(origin)?.unlisted.map(({ path }) => path) ?? [],
    facts(file) {
      const state = queries().file(file);
      return state && queries().scanning.factsOf(state);
    },
    removedAt(path) {
      const state = queries().fileAt(origin, path);
      return state?.removed ? { file: state.file, audio: state.audio } : undefined;
    },
    withAudio: (audio): KnownSound[] =>
      identitiesOf(audio).flatMap((it) => queries().scanning.filesWithAudio(it))
        .filter(isRelevant)
        .sort((a, b) => a.file - b.file)
        .map((state) => {
          const { file, path, removed, size, mtime_s, mtime_ns, tags } = state;
          const { audio_start, audio_end } = state;
          return {
            ...{ file, path, removed, size, mtime_s, mtime_ns, tags },
            soundBytes: audio_start === null || audio_end === null
              ? undefined
              : audio_end - audio_start,
            isWeak: state.reader === 0 && !audio.startsWith("flac-"),
            isElsewhere: state.origin !== origin,
          };
        }),
  };
}

/** The facts about one origin's files that are no music, as the projections have them. */
export function knownOthers(
  origin: string,
  queries: () => LibraryQueries,
  next: () => FileId,
): KnownOtherFiles {
  return {
    inDirectory: (directory) => queries().scanning.othersInDirectory(origin, directory),
    below: (directory) => queries().scanning.othersBelow(origin, directory),
    subdirectories: (directory) => queries().scanning.subdirectories(origin, directory),
    next,
  };
}

/** The identities of a sound: the present one, and the shorter one of older programs, which read less of the sound. */
function identitiesOf(audio: string): string[] {
  const [longer, shorter] = /^(.+-[0-9a-f]{32})[0-9a-f]{16}$/.exec(audio) ?? [audio];
  return shorter === undefined ? [longer] : [longer, shorter];
}
