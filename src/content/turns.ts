interface Waiting {
  readonly isUrgent: () => boolean;
  readonly begin: () => void;
}

/** Lets so many work at a time; whoever is urgent when a turn is free goes first, then by arrival. */
export class Turns {
  readonly #most: number;
  readonly #waiting: Waiting[] = [];
  #taken = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** Resolves with what gives the turn back. */
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
