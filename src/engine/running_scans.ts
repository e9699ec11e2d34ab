import type { ScanStatus } from "../control/protocol.ts";

type ScanProgress = Omit<ScanStatus, "running" | "origin" | "reread_left">;

const NOTHING: ScanStatus = {
  running: false,
  origin: null,
  listed: 0,
  read: 0,
  per_second: 0,
  eta_ms: null,
  reread_left: 0,
};

/** Tells of the scans that run, one at a time: the one that began first. */
export class RunningScans {
  readonly #tell: (status: ScanStatus) => void;
  readonly #running = new Map<string, ScanStatus>();
  #rereadLeft = 0;

  constructor(tell: (status: ScanStatus) => void) {
    this.#tell = tell;
  }

  get any(): boolean {
    return this.#running.size > 0;
  }

  update(origin: string, progress: ScanProgress): void {
    this.#running.set(origin, { ...NOTHING, ...progress, running: true, origin });
    this.#tellFirst();
  }

  /** So many files are still to be read again, beside the scans. */
  rereading(left: number): void {
    if (left === this.#rereadLeft) return;
    this.#rereadLeft = left;
    this.#tellFirst();
  }

  begin(origin: string): void {
    const { listed, read, per_second, eta_ms } = NOTHING;
    this.update(origin, { listed, read, per_second, eta_ms });
  }

  end(origin: string): void {
    this.#running.delete(origin);
    this.#tellFirst();
  }

  #tellFirst(): void {
    const [first = NOTHING] = this.#running.values();
    this.#tell({ ...first, reread_left: this.#rereadLeft });
  }
}
