import type { OriginFigures } from "../control/protocol.ts";

/** How often it is looked whether there is something to tell, ms. */
const LOOK_MS = 1_000;

export interface FiguresParts {
  readonly figures: () => OriginFigures[];
  /** Told whenever they are something else. */
  readonly tell: (figures: OriginFigures[]) => void;
  /** Called at each look, for what is to be done now and then besides. */
  readonly look: () => void;
}

/** Looks at the figures of remote origins while the engine lives. */
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
