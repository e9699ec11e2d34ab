import type { FileLocation } from "../../projections/mod.ts";
import { type Exclusions, type Logger, messageOf } from "../base/mod.ts";
import type { OriginSettings } from "../control/protocol.ts";

import { watchOrigin } from "../watch/mod.ts";
import { EngineGone } from "./supervisor.ts";

export interface ObservationsOptions {
  readonly origins: readonly OriginSettings[];
  readonly exclusions: Exclusions;
  readonly logger: Logger;
  /** Asks the engine. */
  readonly ask: (method: string, params: unknown) => Promise<unknown>;
}

/**
 * What this process notices about origins and the engine has to look at: directories in which a watch saw
 * something change, and files that were not what the tree says when they were opened.
 */
export class Observations {
  readonly #options: ObservationsOptions;
  readonly #ending = new AbortController();

  constructor(options: ObservationsOptions) {
    this.#options = options;
  }

  /** Watches every local origin from now on. */
  watch(): void {
    const { logger, exclusions } = this.#options;
    for (const { id, type, root, followLinks = false } of this.#options.origins) {
      if (type !== "local") continue;
      const watch = watchOrigin({
        root,
        followLinks,
        exclusions,
        signal: this.#ending.signal,
        onChanged: (directories) => this.#observe(id, directories),
        onOverflow: () => {
          this.#ask("origin.rescan", { ids: [id], full: false, wait: true });
        },
        onProblem: (message) => logger.warn(`${id}: ${message}`),
      });
      watch.done.catch((error) => logger.error(`${id}: Cannot watch: ${messageOf(error)}`));
    }
  }

  /** The file at a location was of another version, or gone. */
  drifted({ origin, path }: FileLocation): void {
    this.#observe(origin, [path.slice(0, Math.max(0, path.lastIndexOf("/")))]);
  }

  close(): void {
    this.#ending.abort();
  }

  #observe(origin: string, directories: readonly string[]): void {
    this.#ask("engine.observe", { origin, directories });
  }

  #ask(method: string, params: unknown): void {
    this.#options.ask(method, params).catch((error) => {
      if (!(error instanceof EngineGone)) this.#options.logger.error(messageOf(error));
    });
  }
}
