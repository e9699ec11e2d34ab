import { STATUS } from "./_packets.ts";
import type { SftpHandle } from "./_session.ts";
import { SftpStatus } from "./_status.ts";

/**
 * Counts the handles of a session. A server may give only few: as many as it says, or as it was found to give. A
 * caller that needs one more waits until another is closed.
 */
export class SftpHandles {
  readonly #makeRoom: () => void;
  readonly #waiting: (() => void)[] = [];
  #max = Infinity;
  #open = 0;

  /** @param makeRoom closes handles of files that are only kept for later */
  constructor(makeRoom: () => void) {
    this.#makeRoom = makeRoom;
  }

  /** Whether a caller waits for a handle. */
  get isWanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** Sets the number of handles that the server says it gives. */
  limit(max: number): void {
    this.#max = Math.max(1, max);
  }

  /** Opens a file or directory with `ask`, once a handle is free. Throws what `ask` throws. */
  async open(ask: () => Promise<SftpHandle>): Promise<SftpHandle> {
    await this.#turn();
    try {
      return await ask();
    } catch (error) {
      this.closed();
      // Servers have no code of their own for "no handle left".
      const isFull = error instanceof SftpStatus && error.code === STATUS.failure && this.#open > 0;
      if (!isFull) throw error;
      return await this.#openWithFewer(ask);
    }
  }

  /** To be called when a handle was closed, or an attempt to open one failed. */
  closed(): void {
    this.#open--;
    this.#waiting.shift()?.();
  }

  /** Ends every wait, because the session is over. */
  end(): void {
    this.#max = Infinity;
    for (const next of this.#waiting.splice(0)) next();
  }

  /**
   * Tries again once a handle was closed. When this fails too, the number of handles was not the cause, and the limit
   * is set back.
   */
  async #openWithFewer(ask: () => Promise<SftpHandle>): Promise<SftpHandle> {
    const before = this.#max;
    this.#max = Math.min(this.#max, this.#open);
    const learnt = this.#max;
    await this.#turn();
    try {
      return await ask();
    } catch (error) {
      if (this.#max === learnt) this.#max = before;
      this.closed();
      throw error;
    }
  }

  async #turn(): Promise<void> {
    while (this.#open >= this.#max) {
      this.#makeRoom();
      if (this.#open < this.#max) break;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
    this.#open++;
  }
}
