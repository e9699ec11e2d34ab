import { STATUS } from "./_sftp_packets.ts";
import type { SftpHandle } from "./_sftp_session.ts";
import { SftpStatus } from "./_sftp_status.ts";

/**
 * The handles of a session, of which a server may give few: as many as it says, or as it was found to give. Who wants
 * one more waits for another to be closed.
 */
export class SftpHandles {
  readonly #makeRoom: () => void;
  readonly #waiting: (() => void)[] = [];
  #max = Infinity;
  #open = 0;

  /** @param makeRoom closes handles that are kept for later */
  constructor(makeRoom: () => void) {
    this.#makeRoom = makeRoom;
  }

  /** Somebody waits for one. */
  get isWanted(): boolean {
    return this.#waiting.length > 0;
  }

  /** The server said how many it gives. */
  limit(max: number): void {
    this.#max = Math.max(1, max);
  }

  /** Opens something. Throws what `ask` throws. */
  async open(ask: () => Promise<SftpHandle>): Promise<SftpHandle> {
    await this.#turn();
    try {
      return await ask();
    } catch (error) {
      this.closed();
      // That there is no handle left has no code of its own.
      const isFull = error instanceof SftpStatus && error.code === STATUS.failure && this.#open > 0;
      if (!isFull) throw error;
      return await this.#openWithFewer(ask);
    }
  }

  /** One was closed, or never opened. */
  closed(): void {
    this.#open--;
    this.#waiting.shift()?.();
  }

  /** Nobody has to wait any more: the session is over. */
  end(): void {
    this.#max = Infinity;
    for (const next of this.#waiting.splice(0)) next();
  }

  /** The same once more when one has been closed: if that is not why it failed, nothing was learnt. */
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
