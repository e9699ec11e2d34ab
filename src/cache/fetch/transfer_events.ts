import type { MusicEvent } from "../../../events/log/event_log.ts";

/** What was ever read from an origin, in bytes. */
export interface Counted {
  readonly id: string;
  /** Grows only. */
  readonly bytes: number;
}

/** After so many bytes, or so long, what was read stands in the log. */
const NOTED_BYTES = 64 * 1024 * 1024;
const NOTED_MS = 60_000;

/** Notes in the log how much was read from each origin: a figure that outlives the engine, at few events. */
export class TransferEvents {
  readonly #origins: readonly Counted[];
  readonly #append: (events: MusicEvent[]) => Promise<void>;
  /** How much of it stands in the log. */
  readonly #noted: Map<string, number>;
  #notedAt: number;

  constructor(
    origins: readonly Counted[],
    append: (events: MusicEvent[]) => Promise<void>,
    now: number,
  ) {
    this.#origins = origins;
    this.#append = append;
    this.#noted = new Map(origins.map(({ id, bytes }) => [id, bytes]));
    this.#notedAt = now;
  }

  /** Appends what is due at this time, with `all` whatever there is. */
  async note(now: number, all: boolean = false): Promise<void> {
    const isTime = all || now - this.#notedAt >= NOTED_MS;
    const events: MusicEvent[] = [];
    for (const { id, bytes: read } of this.#origins) {
      const bytes = read - this.#noted.get(id)!;
      if (bytes === 0 || (!isTime && bytes < NOTED_BYTES)) continue;
      this.#noted.set(id, read);
      events.push({ type: "OriginTransferred", v: 1, data: { origin: id, bytes } });
    }
    if (isTime) this.#notedAt = now;
    if (events.length > 0) await this.#append(events);
  }
}
