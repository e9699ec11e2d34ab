import { OriginChanged, OriginNotFound, OriginRefused, OriginUnreachable } from "./origin.ts";
import { systemTime, type Time } from "./time.ts";
import { OriginBusy, OriginDown, OriginTimedOut, OriginUnreadable } from "./unreachable.ts";

/** Failures in a row that are no accident. */
const FAILURES_MAX = 3;
/** Files in a row that could not be read though the origin answers: with more, it is not the files. */
const SILENT_FILES_MAX = 32;
/** An origin that is down is asked again after this long, then after twice that, and so on. */
const BACKOFF_MS = 1_000;
const BACKOFF_MS_MAX = 60_000;

/** Whether an origin answers; "unknown" until it was asked. */
export type Health =
  | { readonly health: "unknown" | "up"; readonly reason: null }
  | { readonly health: "down"; readonly reason: string };

/**
 * Whether it makes sense to ask an origin. It is held to be down after one time-out, one check that failed, one failure
 * that asking again does not mend, or three other failures in a row; from then on one question is let through after a
 * wait, which doubles while there is no answer. Any answer means that it is up again, and "it is not there" is one, as
 * is "this file is bad". Files that were asked for in vain while a check was answered are bad themselves, unless there
 * are many of them and none between them that could be read. A call that began to wait before the last answer came and
 * timed out after it says nothing: the origin was found to be there since.
 */
export class Circuit {
  readonly #time: Time;
  readonly #onChange: (health: Health) => void;
  #health: Health = { health: "unknown", reason: null };
  #failures = 0;
  readonly #silentFiles = new Set<string>();
  #backoff = BACKOFF_MS;
  #askAgainAt = 0;
  #answeredAt = -Infinity;

  constructor(onChange: (health: Health) => void = () => {}, time: Time = systemTime) {
    this.#onChange = onChange;
    this.#time = time;
  }

  get health(): Health {
    return this.#health;
  }

  /**
   * To be called before the origin is asked something. Throws OriginDown at once when it is known not to answer.
   * Whoever may ask an origin that is down asks for all: the next one may only after another wait.
   */
  pass(): void {
    if (this.#health.health !== "down") return;
    if (this.#time.now() < this.#askAgainAt) throw new OriginDown(this.#health.reason);
    this.#wait();
  }

  /** The origin gave something. */
  answered(): void {
    this.#failures = 0;
    this.#silentFiles.clear();
    this.#isThere();
  }

  /** A check got its answer: that the origin is there does not mend what else it fails at. */
  checked(): void {
    if (this.#health.health === "down") this.#failures = 0;
    this.#isThere();
  }

  /** A file could not be read, and a check got its answer since. */
  fileFailed(path: string, error: OriginUnreachable): void {
    if (this.#isOutdated(error)) return;
    this.#silentFiles.add(path);
    if (this.#silentFiles.size < SILENT_FILES_MAX) return;
    this.#silentFiles.clear();
    this.failed(error, true);
  }

  /** What a call ended with; `isCertain` when the call was a check. */
  failed(error: unknown, isCertain: boolean = false): void {
    if (isAnswer(error)) return this.answered();
    if (!(error instanceof OriginUnreachable) || this.#isOutdated(error)) return;
    this.#failures++;
    const isDown = isCertain || error.isPermanent || error instanceof OriginTimedOut ||
      this.#failures >= FAILURES_MAX;
    if (!isDown || this.#health.health === "down") return;
    if (error.isPermanent) this.#backoff = BACKOFF_MS_MAX;
    this.#wait();
    const pause_ms = error instanceof OriginBusy ? error.pause_ms : 0;
    this.#askAgainAt = Math.max(this.#askAgainAt, this.#time.now() + pause_ms);
    this.#change({ health: "down", reason: error.message });
  }

  #isOutdated(error: OriginUnreachable): boolean {
    return error instanceof OriginTimedOut && error.since_ms < this.#answeredAt;
  }

  #isThere(): void {
    this.#answeredAt = this.#time.now();
    this.#backoff = BACKOFF_MS;
    if (this.#health.health !== "up") this.#change({ health: "up", reason: null });
  }

  #wait(): void {
    this.#askAgainAt = this.#time.now() + this.#backoff;
    this.#backoff = Math.min(this.#backoff * 2, BACKOFF_MS_MAX);
  }

  #change(health: Health): void {
    this.#health = health;
    this.#onChange(health);
  }
}

/** Anything but these and OriginUnreachable says nothing about the origin: nobody waited any more, say. */
function isAnswer(error: unknown): boolean {
  return error instanceof OriginNotFound || error instanceof OriginRefused ||
    error instanceof OriginChanged || error instanceof OriginUnreadable;
}
