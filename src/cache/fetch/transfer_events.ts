import type { MusicEvent } from "../../../events/log/event_log.ts";

/** How many bytes were ever read from an origin. */
export interface Counted {
  readonly id: string;
  /** Grows only. */
  readonly bytes: number;
}

/** The bytes read from an origin are noted in the log once they are this many, or after this long. */
const NOTED_BYTES = 64 * 1024 * 1024;
const NOTED_MS = 60_000;

/** Notes in the log how many bytes were read from each origin, with few events: so the figure outlives the engine. */
export class TransferEvents {
  readonly #origins: readonly Counted[];
  readonly #append: (events: MusicEvent[]) => Promise<void>;
  /** By origin: how many of its bytes the log has. */
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

  /** Appends the figures that are due at `now` (ms), with `all` every figure that has grown. */
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
