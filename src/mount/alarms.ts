/** setTimeout holds 31 bits of ms; what is due later is looked at again after this long. */
const TIMEOUT_MS_MAX = 24 * 60 * 60 * 1000;
/** What could not be done when it was due is due again after this long. */
const AGAIN_MS = 60_000;

interface Due {
  /** To be scanned; null when the engine alone is to be woken, and finds by itself what there is to do. */
  readonly origin: string | null;
  readonly at: number;
}

/** Holds when each origin is next due, and says so when the time has come. Does not keep the process alive. */
export class Alarms {
  readonly #ring: (origins: (string | null)[]) => void;
  readonly #now: () => number;
  #due: readonly Due[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ring: (origins: (string | null)[]) => void, now: () => number = Date.now) {
    this.#ring = ring;
    this.#now = now;
  }

  /** Replaces all that was set before. */
  set(due: readonly Due[]): void {
    this.#due = [...due].sort((a, b) => a.at - b.at);
    this.#wait();
  }

  /** Nothing came of it: rings for these once more, unless all is set anew before. */
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
