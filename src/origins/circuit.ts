import { messageOf } from "../base/mod.ts";
import { OriginChanged, OriginNotFound, OriginRefused, OriginUnreachable } from "./origin.ts";
import { systemTime, type Time } from "./time.ts";
import { OriginDown, OriginTimedOut } from "./unreachable.ts";

/** Failures in a row that are no accident. */
const FAILURES_MAX = 3;
/** An origin that is down is asked again after this long, then after twice that, and so on. */
const BACKOFF_MS = 1_000;
const BACKOFF_MS_MAX = 60_000;

/** Whether an origin answers; "unknown" until it was asked. */
export type Health =
  | { readonly health: "unknown" | "up"; readonly reason: null }
  | { readonly health: "down"; readonly reason: string };

/**
 * Whether it makes sense to ask an origin. It is held to be down after one time-out, one failure that asking again
 * does not mend, or three failures in a row; from then on one question is let through after a wait, which doubles
 * while there is no answer. Any answer means that it is up again, and "it is not there" is an answer.
 */
export class Circuit {
  readonly #time: Time;
  readonly #onChange: (health: Health) => void;
  #health: Health = { health: "unknown", reason: null };
  #failures = 0;
  #backoff = BACKOFF_MS;
  #askAgainAt = 0;

  constructor(onChange: (health: Health) => void = () => {}, time: Time = systemTime) {
    this.#onChange = onChange;
    this.#time = time;
  }

  get health(): Health {
    return this.#health;
  }

  /**
   * To be called before the origin is asked. Throws OriginDown at once when it is known not to answer. Whoever may
   * ask an origin that is down asks for all: the next one may only after another wait.
   */
  pass(): void {
    if (this.#health.health !== "down") return;
    if (this.#time.now() < this.#askAgainAt) throw new OriginDown(this.#health.reason);
    this.#wait();
  }

  /** The origin gave something. */
  answered(): void {
    this.#failures = 0;
    this.#backoff = BACKOFF_MS;
    if (this.#health.health !== "up") this.#change({ health: "up", reason: null });
  }

  /** What a call ended with. Anything but an origin's own errors says nothing about it. */
  failed(error: unknown, isCheck: boolean = false): void {
    const isAnswer = error instanceof OriginNotFound || error instanceof OriginRefused ||
      error instanceof OriginChanged;
    if (isAnswer) return this.answered();
    if (!(error instanceof OriginUnreachable)) return;
    this.#failures++;
    const isCertain = isCheck || error.isPermanent || error instanceof OriginTimedOut;
    if (this.#health.health === "down" || (!isCertain && this.#failures < FAILURES_MAX)) return;
    if (error.isPermanent) this.#backoff = BACKOFF_MS_MAX;
    this.#wait();
    this.#change({ health: "down", reason: messageOf(error) });
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
