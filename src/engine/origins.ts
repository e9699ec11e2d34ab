import type { LibraryQueries } from "../../projections/mod.ts";
import { type Logger, messageOf } from "../base/mod.ts";
import { callDeadlineMs, healthCheckMs, tuningFromEnvironment } from "../config/tuning.ts";
import type { SourceOrigin } from "../cache/mod.ts";
import type { OriginFigures, OriginSettings } from "../control/protocol.ts";
import {
  type Health,
  HealthChecks,
  type OpenedOrigin,
  openOrigin,
  type Origin,
  RecentReads,
} from "../origins/mod.ts";

const DAY_MS = 86_400_000;

export interface OriginsParts {
  readonly settings: readonly OriginSettings[];
  readonly queries: () => LibraryQueries;
  readonly logger: Logger;
  /** Called once when a remote origin went away or came back. */
  readonly onHealth: (id: string, health: "up" | "down", reason: string | null) => void;
  /** Roots of origins whose passwords were refused. `onRefused` is called with all of them whenever they change. */
  readonly refused: readonly string[];
  readonly onRefused: (roots: string[]) => void;
}

interface Configured extends OpenedOrigin {
  readonly settings: OriginSettings;
  /** The origin for scans: the bytes that a scan reads are remembered, so that `read` need not read them again. */
  readonly scanned: Origin;
  /** The origin for readers of its files. */
  readonly read: Origin;
}

/** The origins that the settings name, opened. The health of remote ones is watched. */
export class Origins {
  readonly #origins = new Map<string, Configured>();
  readonly #checks = new HealthChecks(healthCheckMs());
  readonly #recent = new RecentReads();
  readonly #firstChecks: Promise<void>[] = [];
  readonly #logger: Logger;
  /** Ids of origins for which the warning was given that their daily budget is used up. */
  readonly #usedUp = new Set<string>();

  private constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** Opens all origins, without any request to them. */
  static async open(
    { settings, logger, onHealth, queries, ...parts }: OriginsParts,
  ): Promise<Origins> {
    const origins = new Origins(logger);
    const refused = new Set(parts.refused);
    for (const origin of settings) {
      const known = queries().listening.transfers(origin.id);
      const opened = await openOrigin(origin, {
        deadlineMs: callDeadlineMs(),
        diskDeadlineMs: tuningFromEnvironment().readDeadlineMs,
        ...known && {
          egress: {
            at: known.utc_day * DAY_MS,
            today: known.day_bytes,
            total: known.total_bytes,
          },
        },
        refusal: {
          isRefused: refused.has(origin.root),
          onChanged: (isRefused) => {
            if (isRefused) refused.add(origin.root);
            else refused.delete(origin.root);
            parts.onRefused([...refused]);
          },
        },
        onHealth: (health) => {
          if (health.health === "unknown") return;
          const before = queries().origin(origin.id)?.health ?? "unknown";
          if (health.health !== "up" || before === "down") origins.#say(origin.id, health);
          onHealth(origin.id, health.health, health.reason);
        },
      });
      origins.#origins.set(origin.id, {
        ...opened,
        settings: origin,
        scanned: origins.#recent.remembering(opened.origin),
        read: origins.#recent.recalling(opened.origin),
      });
    }
    return origins;
  }

  /** Begins to check whether remote origins answer. */
  watch(): void {
    for (const { origin } of this.remote()) {
      const first = Promise.withResolvers<void>();
      this.#firstChecks.push(first.promise);
      this.#checks.watch({
        check: (options) => origin.check(options).finally(() => first.resolve()),
      });
    }
  }

  /** Resolves when the first check of each remote origin is over. */
  async checked(): Promise<void> {
    await Promise.all(this.#firstChecks);
  }

  get(id: string): Configured | undefined {
    return this.#origins.get(id);
  }

  remote(): Configured[] {
    return [...this.#origins.values()].filter(({ origin }) => origin.kind !== "local");
  }

  /**
   * To be called when a person asks for these origins, or for all when `ids` is empty: refused passwords are sent once
   * more.
   */
  logInAgain(ids: readonly string[]): void {
    for (const { settings: { id }, logInAgain } of this.remote()) {
      if (ids.length === 0 || ids.includes(id)) logInAgain();
    }
  }

  source(id: string): SourceOrigin | undefined {
    const known = this.#origins.get(id);
    if (known === undefined) return undefined;
    const { read, circuit, latency, settings: { priority } } = known;
    const latency_ms = read.kind === "local" ? 0 : latency.median;
    return { origin: read, priority, isDown: circuit.health.health === "down", latency_ms };
  }

  /** The share of its daily budget that an origin has used; 0 when it has none. Above 1 when the budget is exceeded. */
  budgetUsed(id: string): number {
    const known = this.#origins.get(id);
    const budget = known?.settings.dailyBudget ?? null;
    return budget === null ? 0 : known!.egress.today / budget;
  }

  /** Warns once of each origin whose daily budget is used up. */
  sayBudgets(): void {
    for (const { settings: { id } } of this.remote()) {
      if (this.budgetUsed(id) < 1) this.#usedUp.delete(id);
      else if (!this.#usedUp.has(id)) {
        this.#usedUp.add(id);
        this.#logger.warn(
          `the daily budget of ${id} is used up: what is not cached fails until 00:00 UTC`,
        );
      }
    }
  }

  figures(): OriginFigures[] {
    return this.remote().map(({ settings: { id }, latency, egress }) => ({
      id,
      latency_ms: latency.median,
      today_bytes: egress.today,
      total_bytes: egress.total,
    }));
  }

  async close(): Promise<void> {
    this.#checks.stop();
    await Promise.all(
      [...this.#origins.values()].map(({ origin }) =>
        origin.close().catch((error) => this.#logger.debug(messageOf(error)))
      ),
    );
  }

  #say(id: string, { health, reason }: Health): void {
    if (health === "down") this.#logger.warn(`${id} does not answer: ${reason}`);
    else this.#logger.info(`${id} answers again`);
  }
}
