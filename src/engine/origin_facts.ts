import type { MusicEvent, OriginHealth } from "../../events/mod.ts";
import type { LibraryQueries } from "../../projections/mod.ts";
import { EXIT, type Logger, UserError } from "../base/mod.ts";
import type { Settings } from "../config/settings.ts";
import { decideConfiguration, decideLeaving } from "./configure.ts";

export interface OriginFactsParts {
  readonly settings: Settings;
  readonly queries: () => LibraryQueries;
  /** Resolves once the events are durable and folded. */
  readonly append: (events: readonly MusicEvent[]) => Promise<void>;
  readonly logger: Logger;
}

/** Appends facts about origins: that they are configured or removed, their health, and what a person confirmed. */
export class OriginFacts {
  readonly #parts: OriginFactsParts;

  constructor(parts: OriginFactsParts) {
    this.#parts = parts;
  }

  /** Appends what the settings change. `isNewLog` says that the log is empty. */
  async configure(isNewLog: boolean): Promise<void> {
    const { settings, queries, append, logger } = this.#parts;
    const events = decideConfiguration(
      {
        origins: queries().origins().filter(({ configured }) => configured),
        // A new log must state the rules for placing tracks, even when they are the defaults of the projections.
        placing: isNewLog ? undefined : queries().placing(),
        views: queries().views(),
      },
      settings,
    );
    if (events.length > 0) await append(events);
    for (const { id, unseen } of this.#leaving().waiting) {
      logger.warn(
        `keeping what is known of ${id}, which the settings name no more, ` +
          `until music was found on ${unseen.join(", ")}`,
      );
    }
    await this.letLeave();
  }

  /** Removes origins that the settings no longer name, once no new origin depends on what is known of them. */
  async letLeave(): Promise<void> {
    const { leaving } = this.#leaving();
    if (leaving.length === 0) return;
    await this.#parts.append(
      leaving.map((origin) => ({ type: "OriginRemoved", v: 1, data: { origin } })),
    );
  }

  /** Allows the next scan of an origin to remove what it does not find. Throws UserError when nothing is held. */
  async confirmRemovals(id: string): Promise<void> {
    const row = this.#parts.queries().origin(id);
    if (row === undefined || row.held_missing === 0) {
      throw new UserError(`Cannot confirm removals of '${id}': none are held`, {
        exitCode: EXIT.notFound,
      });
    }
    await this.#parts.append([{ type: "RemovalsConfirmed", v: 1, data: { origin: id } }]);
  }

  async health(id: string, health: OriginHealth, reason: string | null): Promise<void> {
    const before = this.#parts.queries().origin(id);
    if (before?.health === health && before.reason === reason) return;
    await this.#parts.append([
      { type: "OriginHealthChanged", v: 1, data: { origin: id, health, reason } },
    ]);
  }

  #leaving(): ReturnType<typeof decideLeaving> {
    const known = this.#parts.queries().origins().filter(({ configured }) => configured);
    return decideLeaving(known, this.#parts.settings.origins);
  }
}
