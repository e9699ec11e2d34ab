import type { FileSystemError } from "../../base/mod.ts";
import type { PendingRead } from "../filesystem.ts";

/** A read that waits for a promise and then begins from the start, possibly to wait again. */
export class LaterRead implements PendingRead {
  readonly #waits: Promise<unknown>;
  readonly #read: (into: Uint8Array<ArrayBuffer>) => number | PendingRead;
  readonly #failed = Promise.withResolvers<never>();
  #next: PendingRead | undefined;

  constructor(
    waits: Promise<unknown>,
    read: (into: Uint8Array<ArrayBuffer>) => number | PendingRead,
  ) {
    this.#waits = waits;
    this.#read = read;
    waits.catch(() => {});
    this.#failed.promise.catch(() => {});
  }

  async ready(): Promise<void> {
    await Promise.race([this.#failed.promise, this.#next?.ready() ?? this.#waits]);
  }

  fill(into: Uint8Array<ArrayBuffer>): number | undefined {
    if (this.#next !== undefined) return this.#next.fill(into);
    const count = this.#read(into);
    if (typeof count === "number") return count;
    this.#next = count;
    return undefined;
  }

  cancel(error: FileSystemError): void {
    this.#failed.reject(error);
    this.#next?.cancel(error);
  }
}
