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

/** Reports the running scans, one at a time: the one that began first. */
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

  /** To be called with the number of files that are still to be read again. */
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
