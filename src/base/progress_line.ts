/**
 * One line at the bottom of a terminal that is drawn over and over. When stderr is no terminal, nothing is drawn: a
 * log file full of percentages helps nobody.
 *
 * @module
 */
import { formatCount, formatDuration } from "./units.ts";

/** What a scan has done so far; the fields of `ScanStatus` on the control socket. */
export interface ScanProgress {
  readonly origin: string | null;
  readonly listed: number;
  readonly read: number;
  readonly per_second: number;
  readonly eta_ms: number | null;
}

/** "Scanning music: 1,200 files listed, 800 read, 5,300/s, 12 s left". */
export function formatScan(scan: ScanProgress): string {
  const parts = [`${formatCount(scan.listed)} files listed`, `${formatCount(scan.read)} read`];
  if (scan.per_second > 0) parts.push(`${formatCount(scan.per_second)}/s`);
  if (scan.eta_ms !== null) parts.push(`${formatDuration(scan.eta_ms)} left`);
  return `Scanning ${scan.origin ?? "origins"}: ${parts.join(", ")}`;
}

/** "Building the library from the log: 45 % of 120,000 events". */
export function formatBuild({ events, of }: { events: number; of: number }): string {
  const percent = of === 0 ? 0 : Math.floor(100 * events / of);
  return `Building the library from the log: ${percent} % of ${formatCount(of)} events`;
}

export class ProgressLine {
  readonly #enabled: boolean;
  #shown = false;

  constructor(enabled: boolean = Deno.stderr.isTerminal()) {
    this.#enabled = enabled;
  }

  /** Draws the text over the last one, cut to the width of the terminal. */
  update(text: string): void {
    if (!this.#enabled) return;
    this.#write(`\r\x1b[K${[...text].slice(0, columns() - 1).join("")}`);
    this.#shown = true;
  }

  /** Erases the line, so that a message can be written in its place. */
  clear(): void {
    if (!this.#shown) return;
    this.#write("\r\x1b[K");
    this.#shown = false;
  }

  #write(text: string): void {
    try {
      Deno.stderr.writeSync(new TextEncoder().encode(text));
    } catch {
      // The terminal is gone, and nobody else needs progress.
    }
  }
}

function columns(): number {
  try {
    // A terminal whose size nobody has set reports 0.
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}
