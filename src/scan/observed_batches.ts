import type { MusicEvent } from "../../events/log/event_log.ts";
import type { ObservedFile } from "../../events/facts/files.ts";
import { OBSERVED_BATCH_CHARS, OBSERVED_BATCH_FILES, OBSERVED_BATCH_MS } from "../base/mod.ts";

/** How many batches may wait for the log while the next one is filled. */
const APPENDS_MAX = 2;

/** Gathers observed files into `FilesObserved` events and appends them in order. */
export class ObservedBatches {
  readonly #append: (events: MusicEvent[]) => Promise<void>;
  readonly #origin: string;
  readonly #scan: number;
  #files: ObservedFile[] = [];
  /** The length of the files as JSON, in UTF-16 code units. */
  #length = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #appends: Promise<void>[] = [];
  #failure: { error: unknown } | undefined;

  constructor(append: (events: MusicEvent[]) => Promise<void>, origin: string, scan: number) {
    this.#append = append;
    this.#origin = origin;
    this.#scan = scan;
  }

  /** Takes one file. Resolves when there is room for the next one; rejects when an append failed. */
  async add(file: ObservedFile): Promise<void> {
    this.#files.push(file);
    this.#length += JSON.stringify(file).length;
    const isFull = this.#files.length >= OBSERVED_BATCH_FILES ||
      this.#length >= OBSERVED_BATCH_CHARS;
    if (isFull) this.#close();
    else this.#timer ??= setTimeout(() => this.#close(), OBSERVED_BATCH_MS);
    while (this.#appends.length >= APPENDS_MAX) await this.#appends[0];
    this.#check();
  }

  /** Appends the remaining files. Resolves once all of them are durable. */
  async flush(): Promise<void> {
    this.#close();
    await Promise.all(this.#appends);
    this.#check();
  }

  #close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const files = this.#files;
    const last = files.at(-1);
    if (last === undefined || this.#failure !== undefined) return;
    this.#files = [];
    this.#length = 0;
    const appended = this.#append([{
      type: "FilesObserved",
      v: 1,
      data: { origin: this.#origin, scan: this.#scan, position: last.path, files },
    }]).catch((error) => {
      this.#failure ??= { error };
    }).finally(() => {
      this.#appends = this.#appends.filter((other) => other !== appended);
    });
    this.#appends.push(appended);
  }

  #check(): void {
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}
