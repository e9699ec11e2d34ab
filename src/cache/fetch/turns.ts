interface Waiting {
  readonly isUrgent: () => boolean;
  readonly begin: () => void;
}

/**
 * Lets a number of callers work at a time. A free turn goes to the first urgent caller, else to the first that came.
 */
export class Turns {
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /**
   * Resolves when the caller may work, with the function that gives the turn back. `isUrgent` is asked while it waits.
   */
  take(isUrgent: () => boolean): Promise<() => void> {
    return new Promise((resolve) => {
      this.#waiting.push({ isUrgent, begin: () => resolve(() => this.#giveBack()) });
      this.#next();
    });
  }

  #giveBack(): void {
    this.#taken--;
    this.#next();
  }

  #next(): void {
    while (this.#taken < this.#most && this.#waiting.length > 0) {
      const urgent = this.#waiting.findIndex(({ isUrgent }) => isUrgent());
      const [waiting] = this.#waiting.splice(Math.max(0, urgent), 1);
      this.#taken++;
      waiting!.begin();
    }
  }
}
