import type { MusicEvent } from "../../events/log/event_log.ts";
import { type Clock, systemClock } from "../../src/base/mod.ts";
import { type ListOptions, MemoryOrigin, type OriginEntry } from "../../src/origins/mod.ts";
import { scanOrigin, type ScanOutcome, type ScanRequest } from "../../src/scan/mod.ts";
import { fakeAudio, FakeReader } from "./fake_reader.ts";
import { MemoryLibrary } from "./memory_library.ts";

type DataOf<T> = Extract<MusicEvent, { type: T }>["data"];

/** A scan of an origin in memory, with a library in memory that follows its events. */
export class ScanSetup {
  readonly origin = new MemoryOrigin("local");
  readonly library = new MemoryLibrary();
  readonly reader = new FakeReader(this.origin);
  clock: Clock = systemClock;
  #scan = 1;

  scan(request: Partial<ScanRequest> = {}): Promise<ScanOutcome> {
    const { origin, library, reader } = this;
    this.reader.read_paths.length = 0;
    return scanOrigin({
      origin,
      known: library,
      reader,
      append: (events) => {
        library.append(events);
        return Promise.resolve();
      },
      nextFile: () => library.nextFile(),
      claimed: new Set(),
      clock: this.clock,
    }, {
      scan: this.#scan++,
      mode: "changes",
      removalsHold: 0.25,
      removalsConfirmed: () => library.confirmed,
      ...request,
    });
  }

  write(path: string, sound: string = path, title: string = path): void {
    this.origin.write(path, fakeAudio(sound, title));
  }

  album(directory: string, tracks: number): void {
    for (let i = 0; i < tracks; i++) this.write(`${directory}/${i}.flac`);
  }

  number(path: string): number | undefined {
    return this.library.live().get(path)?.file;
  }

  types(): string[] {
    return this.library.events.map(({ type }) => type);
  }

  last<T extends MusicEvent["type"]>(type: T): DataOf<T> {
    return this.library.events.findLast((event) => event.type === type)!.data as DataOf<T>;
  }
}

/** Replaces the origin's `list`; `list` is the function from before. */
export function relist(
  origin: MemoryOrigin,
  how: (
    list: MemoryOrigin["list"],
    options: ListOptions,
  ) => AsyncIterableIterator<readonly OriginEntry[]>,
): void {
  const list = origin.list.bind(origin);
  origin.list = (options = {}) => how(list, options);
}
