/** A directory is reported once nothing happened in it for this long: a tagger rewrites an album file by file. */
const SETTLE_MS = 200;
/** … and at the latest this long after its first change that was not reported yet. */
const LATEST_MS = 1_000;

interface Unsettled {
  readonly first: number;
  /** The time of the last complete change. A file that was only created waits for its close, or for the latest time. */
  last: number | undefined;
}

/** Gathers changed directories until they are quiet. It has no timers: the caller tells the time. */
export class Settling {
  readonly #directories = new Map<string, Unsettled>();

  get isEmpty(): boolean {
    return this.#directories.size === 0;
  }

  /** Records a change; an incomplete one waits for a complete one. Returns when the directory is due. */
  changed(directory: string, isComplete: boolean, now: number): number {
    let unsettled = this.#directories.get(directory);
    if (unsettled === undefined) {
      unsettled = { first: now, last: undefined };
      this.#directories.set(directory, unsettled);
    }
    if (isComplete) unsettled.last = now;
    return dueAt(unsettled);
  }

  /** When the next directory is due; undefined when none is waiting. */
  nextDue(): number | undefined {
    let next: number | undefined;
    for (const unsettled of this.#directories.values()) {
      next = Math.min(next ?? Infinity, dueAt(unsettled));
    }
    return next;
  }

  /** Removes and returns the directories that are due. */
  take(now: number): string[] {
    const due: string[] = [];
    for (const [directory, unsettled] of this.#directories) {
      if (dueAt(unsettled) > now) continue;
      due.push(directory);
      this.#directories.delete(directory);
    }
    return due;
  }

  clear(): void {
    this.#directories.clear();
  }
}

function dueAt({ first, last }: Unsettled): number {
  return Math.min(first + LATEST_MS, last === undefined ? Infinity : last + SETTLE_MS);
}
