import { OriginUnreachable } from "./origin.ts";

/** No answer came in time. */
export class OriginTimedOut extends OriginUnreachable {}

/** The origin was not asked: it did not answer before, and it is not yet time to ask again. */
export class OriginDown extends OriginUnreachable {}

/** The origin was not asked: what may be read from it in a day was read. It may be in the best of health. */
export class OriginBudgetUsedUp extends OriginUnreachable {
  constructor(message: string) {
    super(message, { isPermanent: true });
  }
}
