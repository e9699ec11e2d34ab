/**
 * The longest wait of one timer: setTimeout holds 31 bits of ms. A later alarm takes several timers, one after the
 * other.
 */
const TIMEOUT_MS_MAX = 24 * 60 * 60 * 1000;
/** How long after `ringAgain()` the same alarms ring once more. */
const AGAIN_MS = 60_000;

interface Due {
  /** The origin to be scanned; null when only the engine is to be woken, which finds by itself what it has to do. */
  readonly origin: string | null;
  readonly at: number;
}

/**
 * Holds the times at which origins are due, and calls `ring` with those whose time has come. Its timer does not keep
 * the process alive.
 */
export class Alarms {
  readonly #ring: (origins: (string | null)[]) => void;
  readonly #now: () => number;
  #due: readonly Due[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ring: (origins: (string | null)[]) => void, now: () => number = Date.now) {
    this.#ring = ring;
    this.#now = now;
  }

  /** Replaces every alarm that was set before; `at` is in ms since the epoch. */
  set(due: readonly Due[]): void {
    this.#due = [...due].sort((a, b) => a.at - b.at);
    this.#wait();
  }

  /** Rings for these origins once more in a minute, because nothing came of the last time. `set()` forgets it. */
  ringAgain(origins: readonly (string | null)[]): void {
    const at = this.#now() + AGAIN_MS;
    this.set([...this.#due, ...origins.map((origin) => ({ origin, at }))]);
  }

  stop(): void {
    this.set([]);
  }

  #wait(): void {
    clearTimeout(this.#timer);
    const [first] = this.#due;
    if (first === undefined) return;
    const ms = Math.min(Math.max(0, first.at - this.#now()), TIMEOUT_MS_MAX);
    this.#timer = setTimeout(() => this.#look(), ms);
    Deno.unrefTimer(this.#timer);
  }

  #look(): void {
    const now = this.#now();
    const ringing = this.#due.filter(({ at }) => at <= now).map(({ origin }) => origin);
    this.#due = this.#due.filter(({ at }) => at > now);
    this.#wait();
    if (ringing.length > 0) this.#ring(ringing);
  }
}
