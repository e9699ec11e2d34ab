import { OriginChanged, OriginNotFound, OriginRefused, OriginUnreachable } from "../origin.ts";
import { systemTime, type Time } from "../time.ts";
import { OriginBusy, OriginDown, OriginTimedOut, OriginUnreadable } from "../unreachable.ts";

/** After so many failures in a row the origin counts as down. */
const FAILURES_MAX = 3;
/**
 * After so many unreadable files in a row the origin counts as down, even though it answers checks: the files are not
 * the cause.
 */
const SILENT_FILES_MAX = 32;
/** The wait before an origin that is down is asked again; it doubles up to the maximum. */
const BACKOFF_MS = 1_000;
const BACKOFF_MS_MAX = 60_000;

/** Whether an origin answers; "unknown" until it was asked. */
export type Health =
  | { readonly health: "unknown" | "up"; readonly reason: null }
  | { readonly health: "down"; readonly reason: string };

/**
 * Decides whether an origin is worth asking. It counts as down after one time-out, one failed check, one permanent
 * failure, or three other failures in a row. From then on one call is let through after a wait, which doubles while
 * there is no answer. Any answer means that the origin is up, "not found" and "this file is bad" included. A file
 * that fails while a check is answered is bad itself, unless many files fail and none between them can be read. A
 * time-out whose call began before the last answer says nothing: the origin has answered since.
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
   * To be called before the origin is asked. Throws OriginDown at once when the origin is down. After a wait one call
   * passes, on behalf of all; the next passes after another wait.
   */
  pass(): void {
    if (this.#health.health !== "down") return;
    if (this.#time.now() < this.#askAgainAt) throw new OriginDown(this.#health.reason);
    this.#wait();
  }

  /** To be called when the origin gave what it was asked for. */
  answered(): void {
    this.#failures = 0;
    this.#silentFiles.clear();
    this.#isThere();
  }

  /** To be called when a check was answered. That the origin is there does not forgive other failures. */
  checked(): void {
    if (this.#health.health === "down") this.#failures = 0;
    this.#isThere();
  }

  /** To be called when a file could not be read and a check was answered after that. */
  fileFailed(path: string, error: OriginUnreachable): void {
    if (this.#isOutdated(error)) return;
    this.#silentFiles.add(path);
    if (this.#silentFiles.size < SILENT_FILES_MAX) return;
    this.#silentFiles.clear();
    this.failed(error, true);
  }

  /** To be called with the error that ended a call; `isCertain` when the call was a check. */
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

/**
 * Whether an error is an answer of the origin. Other errors, except OriginUnreachable, say nothing about the origin:
 * the caller gave up, for example.
 */
function isAnswer(error: unknown): boolean {
  return error instanceof OriginNotFound || error instanceof OriginRefused ||
    error instanceof OriginChanged || error instanceof OriginUnreadable;
}
