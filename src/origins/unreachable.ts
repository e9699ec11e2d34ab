import { OriginUnreachable } from "./origin.ts";

/** No answer came in time. */
export class OriginTimedOut extends OriginUnreachable {
  /** When the wait for it began, as `Time.now` tells it: what the origin answered after that speaks against it. */
  readonly since_ms: number;

  constructor(message: string, since_ms: number) {
    super(message);
    this.since_ms = since_ms;
  }
}

/** The origin answers, but can't give this file (a bad block under it, say): others it may. */
export class OriginUnreadable extends OriginUnreachable {}

/** The origin has too much to do, and asks for a pause. */
export class OriginBusy extends OriginUnreachable {
  /** ms that it wants not to be asked for; 0 when it did not say. */
  readonly pause_ms: number;

  constructor(message: string, pause_ms: number) {
    super(message);
    this.pause_ms = pause_ms;
  }
}

/** The origin was not asked: it did not answer before, and it is not yet time to ask again. */
export class OriginDown extends OriginUnreachable {}

/** The origin was not asked: what may be read from it in a day was read. It may be in the best of health. */
export class OriginBudgetUsedUp extends OriginUnreachable {
  constructor(message: string) {
    super(message, { isPermanent: true });
  }
}
