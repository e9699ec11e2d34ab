import type { ObservedFile } from "../../events/file_events.ts";
import { type Origin, OriginNotFound, OriginRefused, OriginUnreachable } from "../origins/mod.ts";
import { decideNumber } from "./decide.ts";
import type { KnownFiles, KnownSound } from "./known_files.ts";
import { NumberSet } from "./number_set.ts";

export interface FileNumbersParts {
  readonly origin: Origin;
  readonly known: KnownFiles;
  nextFile(): number;
}

/** Which numbers one scan has met or given away: no number goes to two files, and none is lost. */
export class FileNumbers {
  readonly #parts: FileNumbersParts;
  /** Nothing was ever known of this origin: every file is new. */
  readonly #isFirst: boolean;
  /** Numbers of the files that are there: known ones, where they were or elsewhere, and new ones. */
  readonly #present = new NumberSet();
  #livePresent = 0;
  /** Numbers that went to another path than the known one. */
  readonly #taken = new Set<number>();

  constructor(parts: FileNumbersParts, isFirst: boolean) {
    this.#parts = parts;
    this.#isFirst = isFirst;
  }

  /** How many of the files that were live when the scan began are still there. */
  get livePresent(): number {
    return this.#livePresent;
  }

  isPresent(file: number): boolean {
    return this.#present.has(file);
  }

  /** Whether the number belongs to another path by now. */
  isTaken(file: number): boolean {
    return this.#taken.has(file);
  }

  /** A live file is still there. */
  markLive(file: number): void {
    if (this.#present.add(file)) this.#livePresent++;
  }

  /** A live file was listed and is gone again. */
  unmarkLive(file: number): void {
    if (this.#present.delete(file)) this.#livePresent--;
  }

  /** The number of a file at a path where none was known, and where it was before. */
  async identify(
    path: string,
    audio: string | undefined,
  ): Promise<Pick<ObservedFile, "file" | "moved_from">> {
    if (this.#isFirst) return this.#newFile();
    const { known } = this.#parts;
    const removedHere = known.removedAt(path);
    const sameSound: KnownSound[] = [];
    for (const sound of audio === undefined ? [] : known.withAudio(audio)) {
      if (await this.#isFree(sound)) sameSound.push(sound);
    }
    const isFree = removedHere !== undefined && !this.#taken.has(removedHere.file);
    const found = decideNumber({ audio, removedHere: isFree ? removedHere : undefined, sameSound });
    if (found === undefined) return this.#newFile();
    const { file, movedFrom, wasRemoved } = found;
    this.#taken.add(file);
    if (wasRemoved) this.#present.add(file);
    else this.markLive(file);
    return movedFrom === undefined || movedFrom === path
      ? { file }
      : { file, moved_from: movedFrom };
  }

  #newFile(): { file: number } {
    const file = this.#parts.nextFile();
    this.#present.add(file);
    return { file };
  }

  /** Whether a number may be given to another path: its file was removed, or the origin says it is gone. */
  async #isFree({ file, path, removed }: KnownSound): Promise<boolean> {
    if (this.#taken.has(file)) return false;
    if (removed) return true;
    if (this.#present.has(file)) return false;
    try {
      await this.#parts.origin.stat(path);
      return false;
    } catch (error) {
      if (error instanceof OriginNotFound) return true;
      if (error instanceof OriginUnreachable || error instanceof OriginRefused) return false;
      throw error;
    }
  }
}
