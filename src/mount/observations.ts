import type { FileLocation } from "../../projections/mod.ts";
import { type Exclusions, type Logger, messageOf } from "../base/mod.ts";
import type { OriginSettings } from "../control/protocol.ts";
import { watchOrigin } from "../watch/mod.ts";
import { Unnoted } from "./unnoted.ts";

export interface ObservationsOptions {
  readonly origins: readonly OriginSettings[];
  readonly exclusions: Exclusions;
  readonly logger: Logger;
  /** Asks the engine. */
  readonly ask: (method: string, params: unknown) => Promise<unknown>;
}

/**
 * What this process notices about origins and the engine has to look at: directories in which a watch saw
 * something change, and files that were not what the tree says when they were opened. Nothing of it is forgotten before
 * the engine has it in the log.
 */
export class Observations {
  readonly #options: ObservationsOptions;
  readonly #ending = new AbortController();
  readonly #unnoted: Unnoted;

  constructor(options: ObservationsOptions) {
    this.#options = options;
    this.#unnoted = new Unnoted({
      logger: options.logger,
      signal: this.#ending.signal,
      look: (origin, directories) => this.#look(origin, directories),
    });
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
        onOverflow: () => this.all([id]),
        onProblem: (message) => logger.warn(`${id}: ${message}`),
      });
      watch.done.catch((error) => logger.error(`${id}: Cannot watch: ${messageOf(error)}`));
    }
  }

  /** The file at a location was of another version, or gone. */
  drifted({ origin, path }: FileLocation): void {
    this.#observe(origin, [path.slice(0, Math.max(0, path.lastIndexOf("/")))]);
  }

  /** Anything may have changed. */
  all(origins: readonly string[]): void {
    for (const id of origins) this.#unnoted.add(id, "all");
  }

  close(): void {
    this.#ending.abort();
  }

  #observe(origin: string, directories: readonly string[]): void {
    this.#unnoted.add(origin, directories);
  }

  #look(origin: string, directories: readonly string[] | "all"): Promise<unknown> {
    const { ask } = this.#options;
    return directories === "all"
      ? ask("origin.rescan", { ids: [origin], full: false, wait: true })
      : ask("engine.observe", { origin, directories });
  }
}
