import { type FileId, toFileId } from "../../src/base/mod.ts";
import type { MusicEvent } from "../../events/log/event_log.ts";
import type { ObservedFile } from "../../events/facts/files.ts";
import { statusOf } from "../../src/origins/mod.ts";
import type { KnownFile, KnownFiles, KnownSound } from "../../src/scan/mod.ts";

/** The known files of a library that only grows. It is fast enough to measure the scan and not itself. */
export class IndexedLibrary implements KnownFiles {
  readonly #directories = new Map<string, Map<string, KnownFile>>();
  #count = 0;
  #nextFile = 1024;

  append(events: readonly MusicEvent[]): void {
    for (const event of events) {
      if (event.type === "FilesObserved") { for (const file of event.data.files) this.#put(file); }
    }
  }

  nextFile(): FileId {
    return toFileId(this.#nextFile++);
  }

  isEmpty(): boolean {
    return this.#count === 0;
  }

  liveCount(): number {
    return this.#count;
  }

  hasOtherNames(): boolean {
    return false;
  }

  inDirectory(directory: string): KnownFile[] {
    return [...this.#directories.get(directory)?.values() ?? []];
  }

  formerlyIn(): [] {
    return [];
  }

  directories(): Iterable<string> {
    return this.#directories.keys();
  }

  subdirectories(): string[] {
    return [];
  }

  below(): { file: FileId; path: string }[] {
    return [];
  }

  removedAt(): undefined {}

  withAudio(): KnownSound[] {
    return [];
  }

  mounts(): string[] {
    return [];
  }

  unlisted(): string[] {
    return [];
  }

  facts(): undefined {}

  #put(observed: ObservedFile): void {
    const { file, path, unreadable, unreadable_kind = "format", unsettled = false } = observed;
    const slash = path.lastIndexOf("/");
    const directory = path.slice(0, Math.max(0, slash));
    let files = this.#directories.get(directory);
    if (!files) this.#directories.set(directory, files = new Map());
    const name = path.slice(slash + 1);
    if (!files.has(name)) this.#count++;
    files.set(name, {
      ...{ file, name, unsettled },
      ...statusOf(observed),
      unreadable: unreadable === undefined ? undefined : unreadable_kind,
    });
  }
}
