import { OriginUnreachable } from "./origin.ts";

/** No answer came in time. */
export class OriginTimedOut extends OriginUnreachable {
  /** When the wait began, on the clock of `Time`: an answer of the origin after that outweighs the time-out. */
  readonly since_ms: number;

  constructor(message: string, since_ms: number) {
    super(message);
    this.since_ms = since_ms;
  }
}

/** The origin answers, but can't read this file (a bad block, for example). It may read others. */
export class OriginUnreadable extends OriginUnreachable {}

/** The origin has too much to do, and asks for a pause. */
export class OriginBusy extends OriginUnreachable {
  /** The pause that it asks for in ms; 0 when it named none. */
  readonly pause_ms: number;

  constructor(message: string, pause_ms: number) {
    super(message);
    this.pause_ms = pause_ms;
  }
}

/** The origin was not asked: it is down, and it is too early to ask again. */
export class OriginDown extends OriginUnreachable {}

/** The origin was not asked, because the day's budget is used up. The origin may be well. */
export class OriginBudgetUsedUp extends OriginUnreachable {
  constructor(message: string) {
    super(message, { isPermanent: true });
  }
}
