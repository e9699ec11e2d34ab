import type { FileVersion, ObservedFile } from "../../events/facts/files.ts";
import { type FileId, foldCase } from "../base/mod.ts";
import {
  directoryOf,
  isSameVersion,
  type Origin,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
} from "../origins/mod.ts";
import { decideNumber, type SeenFile } from "./decide.ts";
import { ExactNames } from "./exact_names.ts";
import type { FormerFile, KnownFiles, KnownSound } from "./known_files.ts";
import { NumberSet } from "./number_set.ts";

export interface FileNumbersParts {
  readonly origin: Origin;
  readonly known: KnownFiles;
  nextFile(): FileId;
  /** Numbers of files of other origins that running scans gave to files of their own origins. */
  readonly claimed: Set<FileId>;
  /** Whether a path is left out. Known files there are removed. */
  isExcluded(path: string): boolean;
}

interface KnownPath {
  readonly file: FileId;
  readonly path: string;
}

/** Keeps track of the numbers that one scan has met or given away: no number goes to two files, and none is lost. */
export class FileNumbers {
  readonly #parts: FileNumbersParts;
  /** Whether nothing was ever known of this origin, so that every file is new. */
  readonly #isFirst: boolean;
  /**
   * Numbers of the files that are there: known files in their places, files with a number from elsewhere, and new
   * files.
   */
  readonly #present = new NumberSet();
  #livePresent = 0;
  /** Numbers that went to another path than the known one. */
  readonly #taken = new Set<FileId>();
  /** The taken numbers whose files were elsewhere. */
  readonly #claimed: FileId[] = [];
  readonly #exactNames: ExactNames;
  /** The known directories by their case-folded path; made when first needed. */
  #folded: ReadonlyMap<string, readonly string[]> | undefined;
  #foldedHere:
    | { readonly directory: string; readonly files: ReadonlyMap<string, readonly KnownPath[]> }
    | undefined;

  constructor(parts: FileNumbersParts, isFirst: boolean) {
    this.#parts = parts;
    this.#isFirst = isFirst;
    this.#exactNames = new ExactNames(parts.origin);
  }

  /**
   * To be called when the scan is over. The projections know by now which claimed numbers were used; the others are
   * free again.
   */
  release(): void {
    for (const file of this.#claimed) this.#parts.claimed.delete(file);
  }

  /** Gives the number of a formerly known file to a path where none was known. Returns false when it is taken. */
  takeFormer({ file, isElsewhere }: FormerFile): boolean {
    if (this.#taken.has(file) || this.#present.has(file)) return false;
    if (isElsewhere && !this.#claim(file)) return false;
    this.#taken.add(file);
    this.#present.add(file);
    return true;
  }

  /** How many of the files that were live when the scan began are still there. */
  get livePresent(): number {
    return this.#livePresent;
  }

  isPresent(file: FileId): boolean {
    return this.#present.has(file);
  }

  /** Whether the number belongs to another path by now. */
  isTaken(file: FileId): boolean {
    return this.#taken.has(file);
  }

  /** To be called when a live file is still there. */
  markLive(file: FileId): void {
    if (this.#present.add(file)) this.#livePresent++;
  }

  /** To be called when a live file was listed and has vanished since. */
  unmarkLive(file: FileId): void {
    if (this.#present.delete(file)) this.#livePresent--;
  }

  /** Finds the number for a file at a path where none was known, and the path that it was moved from. */
  async identify(seen: SeenFile): Promise<Pick<ObservedFile, "file" | "moved_from">> {
    if (this.#isFirst) return this.#newFile();
    const { path, audio } = seen;
    const { known } = this.#parts;
    const removedHere = known.removedAt(path);
    const sameSound: KnownSound[] = [];
    for (const sound of audio === undefined ? [] : known.withAudio(audio)) {
      if (await this.#isFree(sound, path)) sameSound.push(sound);
    }
    const isFree = removedHere !== undefined && !this.#taken.has(removedHere.file);
    const found = decideNumber({
      ...{ seen, removedHere: isFree ? removedHere : undefined, sameSound },
      otherCase: sameSound.length > 0 || isFree ? undefined : await this.#inOtherCase(path),
    });
    if (found === undefined) return this.#newFile();
    const { file, movedFrom, wasLive } = found;
    if (sameSound.some((it) => it.file === file && it.isElsewhere) && !this.#claim(file)) {
      return this.#newFile();
    }
    this.#taken.add(file);
    if (wasLive) this.markLive(file);
    else this.#present.add(file);
    return movedFrom === undefined || movedFrom === path
      ? { file }
      : { file, moved_from: movedFrom };
  }

  /**
   * Whether the file is a hard link to a known file: it has the same sound and is the same file as the one at the known
   * path.
   */
  async isOtherName(
    { path, inode, ...version }: FileVersion & { readonly path: string },
    audio: string,
  ): Promise<boolean> {
    if (inode === undefined) return false;
    for (const known of this.#parts.known.withAudio(audio)) {
      if (known.removed || known.isElsewhere || known.path === path) continue;
      if (this.#parts.isExcluded(known.path)) continue;
      try {
        const there = await this.#parts.origin.stat(known.path);
        if (there.inode === inode && isSameVersion(there, { ...version, inode })) return true;
      } catch (error) {
        const isSilent = error instanceof OriginNotFound || error instanceof OriginUnreachable ||
          error instanceof OriginRefused;
        if (!isSilent) throw error;
      }
    }
    return false;
  }

  #newFile(): { file: FileId } {
    const file = this.#parts.nextFile();
    this.#present.add(file);
    return { file };
  }

  #claim(file: FileId): boolean {
    if (this.#parts.claimed.has(file)) return false;
    this.#parts.claimed.add(file);
    this.#claimed.push(file);
    return true;
  }

  /**
   * Whether another path may have the number: its file was removed or is left out, or the origin says that it is gone.
   */
  async #isFree(
    { file, path, removed, isElsewhere }: Pick<
      KnownSound,
      "file" | "path" | "removed" | "isElsewhere"
    >,
    to: string,
  ): Promise<boolean> {
    if (this.#taken.has(file)) return false;
    if (isElsewhere) return !this.#parts.claimed.has(file);
    if (removed) return true;
    if (this.#present.has(file)) return false;
    return this.#parts.isExcluded(path) || await this.#isGone(path, to);
  }

  /** The known file whose path differs in case only, when it is gone. */
  async #inOtherCase(path: string): Promise<KnownPath | undefined> {
    for (
      const { file, path: other } of this.#foldedIn(directoryOf(path)).get(foldCase(path)) ?? []
    ) {
      const sound = { file, path: other, removed: false, isElsewhere: false };
      if (other !== path && await this.#isFree(sound, path)) return sound;
    }
    return undefined;
  }

  /** Known files by case-folded path, from all directories whose path equals this one but for case. */
  #foldedIn(directory: string): ReadonlyMap<string, readonly KnownPath[]> {
    if (this.#foldedHere?.directory === directory) return this.#foldedHere.files;
    const { known } = this.#parts;
    this.#folded ??= Map.groupBy(known.directories(), foldCase);
    const paths = (this.#folded.get(foldCase(directory)) ?? []).flatMap((at) =>
      known.inDirectory(at).map(({ file, name }) => ({
        file,
        path: at === "" ? name : `${at}/${name}`,
      }))
    );
    const files = Map.groupBy(paths, ({ path }) => foldCase(path));
    this.#foldedHere = { directory, files };
    return files;
  }

  /**
   * Whether the origin says that nothing is at `path`, or answers to `path` only because it lists `to`, which differs
   * in case.
   */
  async #isGone(path: string, to: string): Promise<boolean> {
    try {
      await this.#parts.origin.stat(path);
      return foldCase(path) === foldCase(to) && !await this.#exactNames.isListed(path, to);
    } catch (error) {
      if (error instanceof OriginNotFound) return true;
      if (error instanceof OriginUnreachable || error instanceof OriginRefused) return false;
      throw error;
    }
  }
}
