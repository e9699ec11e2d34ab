import { type FileId, toFileId } from "../../src/base/mod.ts";
import type { MusicEvent } from "../../events/log/event_log.ts";
import type { ObservedFile } from "../../events/facts/files.ts";
import { statusOf } from "../../src/origins/mod.ts";
import type {
  FormerFile,
  KnownFile,
  KnownFiles,
  KnownSound,
  ObservedFacts,
} from "../../src/scan/mod.ts";

function factsOf(state: State): ObservedFacts {
  const { file: _f, path: _p, removed: _r, size: _s, mtime_s: _ms, mtime_ns: _mn, ...rest } = state;
  const { etag: _e, ctime_s: _cs, ctime_ns: _cn, inode: _i, ...facts } = rest;
  return facts;
}

type State = Omit<ObservedFile, "moved_from"> & { removed: boolean };

/** The events of one origin, folded in the plainest way: the known files of scanner tests. */
export class MemoryLibrary implements KnownFiles {
  readonly events: MusicEvent[] = [];
  readonly files = new Map<FileId, State>();
  confirmed = false;
  openScan: { scan: number; position: string | null } | undefined;
  #nextFile = 1024;
  #unlisted: string[] = [];
  #mounts: string[] = [];

  append(events: readonly MusicEvent[]): void {
    for (const event of events) this.#fold(event);
    this.events.push(...events);
  }

  nextFile(): FileId {
    return toFileId(this.#nextFile++);
  }

  /** The files that are not removed, by path. */
  live(): Map<string, State> {
    const live = new Map<string, State>();
    for (const state of this.files.values()) if (!state.removed) live.set(state.path, state);
    return live;
  }

  isEmpty(): boolean {
    return this.files.size === 0;
  }

  liveCount(): number {
    return this.live().size;
  }

  hasOtherNames(): boolean {
    return this.events.some((event) =>
      event.type === "ScanCompleted" && (event.data.other_names ?? 0) > 0
    );
  }

  inDirectory(directory: string): KnownFile[] {
    return [...this.live().values()].flatMap((state) => {
      const slash = state.path.lastIndexOf("/");
      if (state.path.slice(0, Math.max(0, slash)) !== directory) return [];
      const { file, unsettled = false } = state;
      const name = state.path.slice(slash + 1);
      const unreadable = state.unreadable === undefined
        ? undefined
        : state.unreadable_kind ?? "format";
      return { file, name, ...statusOf(state), unreadable, unsettled };
    });
  }

  formerlyIn(directory: string): FormerFile[] {
    return [...this.files.values()].flatMap((state) => {
      if (!state.removed || state.unreadable !== undefined) return [];
      const slash = state.path.lastIndexOf("/");
      if (state.path.slice(0, Math.max(0, slash)) !== directory) return [];
      const { file, path } = state;
      const { mode: _m, uid: _u, gid: _g, ...version } = statusOf(state);
      const name = path.slice(slash + 1);
      return { file, name, isElsewhere: false, version, facts: factsOf(state) };
    });
  }

  directories(): Set<string> {
    return new Set(
      [...this.live().keys()].map((path) => path.slice(0, Math.max(0, path.lastIndexOf("/")))),
    );
  }

  subdirectories(directory: string): Set<string> {
    const prefix = directory === "" ? "" : directory + "/";
    const found = new Set<string>();
    for (const path of this.live().keys()) {
      if (!path.startsWith(prefix)) continue;
      const slash = path.indexOf("/", prefix.length);
      if (slash >= 0) found.add(path.slice(0, slash));
    }
    return found;
  }

  below(directory: string): { file: FileId; path: string }[] {
    return [...this.live().values()].filter(({ path }) =>
      directory === "" || path.startsWith(directory + "/")
    );
  }

  mounts(): string[] {
    return this.#mounts;
  }

  unlisted(): string[] {
    return this.#unlisted;
  }

  facts(file: FileId): ObservedFacts | undefined {
    const state = this.files.get(file);
    return state && factsOf(state);
  }

  removedAt(path: string): { file: FileId; audio: string | null } | undefined {
    const state = [...this.files.values()].findLast((state) =>
      state.removed && state.path === path
    );
    return state && { file: state.file, audio: state.audio ?? null };
  }

  withAudio(audio: string): KnownSound[] {
    return [...this.files.values()].filter((state) => state.audio === audio)
      .sort((a, b) => a.file - b.file).map((state) => {
        const { audio_start, audio_end } = state;
        const hasPlace = audio_start !== undefined && audio_end !== undefined;
        return {
          ...{
            ...state,
            tags: JSON.stringify(state.tags ?? {}),
            isElsewhere: false,
            isWeak: false,
          },
          soundBytes: hasPlace ? audio_end - audio_start : undefined,
        };
      });
  }

  #fold(event: MusicEvent): void {
    switch (event.type) {
      case "ScanStarted":
        this.openScan = { scan: event.data.scan, position: null };
        break;
      case "FilesObserved":
        if (this.openScan) this.openScan.position = event.data.position;
        for (const { moved_from: _, ...file } of event.data.files) {
          this.files.set(file.file, { ...file, removed: false });
        }
        break;
      case "FilesRemoved":
        for (const file of event.data.files) {
          const state = this.files.get(file)!;
          this.files.set(file, { ...state, removed: true });
        }
        break;
      case "RemovalsConfirmed":
        this.confirmed = true;
        break;
      case "ScanCompleted":
        this.openScan = undefined;
        if (event.data.mode !== "directories") this.confirmed = false;
        this.#mounts = [...event.data.mounts ?? []];
        this.#unlisted = event.data.unlisted.map(({ path }) => path);
        break;
      case "ScanFailed":
        this.openScan = undefined;
        break;
    }
  }
}
