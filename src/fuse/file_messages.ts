/** Each message that is being written holds a thread, of which the runtime has 32 for everything that may block. */
const WRITERS_MAX = 8;

interface Message {
  readonly file: number;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly told: () => void;
}

/**
 * Messages about the pages of files, each of which may block until a READ of that file is answered. Those of one file
 * are written in order; those of others don't wait for them, as long as few files block at the same time.
 */
export class FileMessages {
  readonly #write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>;
  /** In the order in which they came. */
  readonly #waiting = new Set<Message>();
  /** Files that are being told about. */
  readonly #writing = new Set<number>();

  constructor(write: (bytes: Uint8Array<ArrayBuffer>) => Promise<void>) {
    this.#write = write;
  }

  get busy(): boolean {
    return this.#writing.size > 0;
  }

  /** Calls `told` when the message was written. */
  add(file: number, bytes: Uint8Array<ArrayBuffer>, told: () => void): void {
    this.#waiting.add({ file, bytes, told });
    this.#next();
  }

  #next(): void {
    for (const message of this.#waiting) {
      if (this.#writing.size >= WRITERS_MAX) return;
      if (this.#writing.has(message.file)) continue;
      this.#waiting.delete(message);
      this.#writing.add(message.file);
      this.#write(message.bytes).then(() => {
        this.#writing.delete(message.file);
        message.told();
        this.#next();
      });
    }
  }
}
