import type { OriginFigures } from "../control/protocol.ts";

/** How often the figures are compared with those told last, in ms. */
const LOOK_MS = 1_000;

export interface FiguresParts {
  readonly figures: () => OriginFigures[];
  /** Called with the figures whenever they changed. */
  readonly tell: (figures: OriginFigures[]) => void;
  /** Called each time, for other work that is due now and then. */
  readonly look: () => void;
}

/** Watches the figures of remote origins while the engine lives. */
export class Figures {
  readonly #timer: ReturnType<typeof setInterval>;
  #told = "[]";

  constructor({ figures, tell, look }: FiguresParts) {
    this.#timer = setInterval(() => {
      look();
      const found = figures();
      const text = JSON.stringify(found);
      if (text === this.#told) return;
      this.#told = text;
      tell(found);
    }, LOOK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
