/**
 * The two voices of a command. The answer goes to stdout: text for people, or with `--json` exactly one document for
 * machines. Everything else goes to stderr.
 *
 * @module
 */
import { coloured, EXIT, printable } from "../base/mod.ts";

export { printable, timeText } from "../base/mod.ts";

const encoder = new TextEncoder();

export class Output {
  readonly json: boolean;
  readonly #quiet: boolean;

  constructor(json: boolean, quiet = false) {
    this.json = json;
    this.#quiet = quiet;
  }

  /** Prints the answer: `value` as JSON, or the text that `human` returns. */
  print(value: unknown, human: () => string): void {
    writeStdout(this.json ? `${jsonText(value, 2)}\n` : ended(harmless(human())));
  }

  /** Reports that something was done. Omitted when a person asked for errors alone. */
  done(value: unknown, human: () => string): void {
    if (this.json || !this.#quiet) this.print(value, human);
  }

  /** Prints one of several answers: a JSON document on a line of its own, or a line for people. */
  printLine(value: unknown, human: () => string): void {
    writeStdout(this.json ? `${jsonText(value)}\n` : ended(harmless(human())));
  }

  /** Writes a part of a document that is too large for memory. The caller's parts must make one document. */
  write(text: string): void {
    writeStdout(text);
  }

  /** Writes a remark for people to stderr. */
  note(text: string): void {
    if (this.#quiet) return;
    try {
      writeAll(Deno.stderr, ended(harmless(text)));
    } catch {
      // Nobody reads stderr any more.
    }
  }
}

/**
 * Rows below their headings, each column as wide as its widest cell, numbers aligned to the right. When a table is
 * wider than the terminal, its last column goes onto lines of its own, and the widest columns are cut.
 */
export function table(
  headings: readonly string[],
  rows: readonly (string | number)[][],
  columns: number = terminalColumns(),
): string {
  const cells = rows.map((row) => row.map(String));
  const isNumeric = headings.map((_, i) => rows.every((row) => typeof row[i] === "number"));
  const widths = headings.map((heading, i) =>
    Math.max(width(heading), ...cells.map((row) => width(row[i] ?? "")))
  );
  const count = headings.length;
  const total = () => widths.slice(0, inline).reduce((sum, each) => sum + each, 2 * (inline - 1));
  let inline = count;
  if (total() > columns && count > 2 && !isNumeric[count - 1]) inline--;
  while (total() > columns) {
    const shown = widths.slice(0, inline);
    const widest = shown.indexOf(
      Math.max(...shown.map((each, i) => isNumeric[i] || each <= COLUMN_MIN ? 0 : each)),
    );
    if (widest < 0) break;
    widths[widest] = Math.max(COLUMN_MIN, widths[widest]! - (total() - columns));
  }
  const line = (row: readonly string[]) => {
    const parts = row.slice(0, inline).map((cell, i) => {
      const text = cut(cell, widths[i]!);
      const gap = " ".repeat(widths[i]! - width(text));
      return isNumeric[i] && rows.length > 0 ? gap + text : text + gap;
    });
    const first = parts.join("  ").trimEnd();
    return inline === count ? first : `${first}\n  ${row[count - 1] ?? ""}`.trimEnd();
  };
  const head = line(headings).split("\n").map((text) => coloured(Deno.stdout, "bold", text));
  return [head.join("\n"), ...cells.map(line)].join("\n");
}

/** `name  value` lines, the values aligned. */
export function fields(pairs: readonly (readonly [name: string, value: string])[]): string {
  const most = Math.max(...pairs.map(([name]) => width(name)));
  return pairs.map(([name, value]) => `${name.padEnd(most)}  ${value}`.trimEnd()).join("\n");
}

// deno-lint-ignore no-control-regex
const COLOUR = /(\x1b\[\d+m)/;
const UNCOLOURED = "\x1b[0m";

/** No column is cut below this, or its cells could not be told apart. */
const COLUMN_MIN = 10;

let measure: ((text: string) => number) | undefined;

/** Loads the code that knows how wide characters are. Before that, every character counts as one column. */
export async function loadWidths(): Promise<void> {
  const { default: stringWidth } = await import("string-width");
  measure = stringWidth;
}

/** How many columns of a terminal a text takes. */
export function width(text: string): number {
  return measure === undefined ? [...text].length : measure(text);
}

/** As much of a text as fits the columns, with a mark where it was cut, and its colours. */
function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = "";
  let end = "";
  for (const part of text.split(COLOUR)) {
    if (COLOUR.test(part)) {
      kept += part;
      end = part === UNCOLOURED ? "" : UNCOLOURED;
      continue;
    }
    for (const { segment } of new Intl.Segmenter().segment(part)) {
      if (width(kept + segment) > columns - 1) return `${kept}${end}…`;
      kept += segment;
    }
  }
  return kept;
}

/** The width of the terminal; Infinity when the stream is no terminal. */
export function terminalColumns(stream: { isTerminal(): boolean } = Deno.stdout): number {
  if (!stream.isTerminal()) return Infinity;
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** JSON in which no character can steer a terminal. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A text without characters that could steer a terminal, except for our own colours. */
function harmless(text: string): string {
  const steering =
    // deno-lint-ignore no-control-regex
    /\x1b\[\d+m|(?![\n\t])[\p{Cc}\uef80-\uefff\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
  return text.replace(steering, (part) => part.length === 1 ? printable(part) : part);
}

function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** Writes all of the text. When the reader is gone (`| head`), nobody is left to be told of anything. */
function writeStdout(text: string): void {
  try {
    writeAll(Deno.stdout, text);
  } catch (error) {
    if (error instanceof Deno.errors.BrokenPipe) Deno.exit(EXIT.done);
    throw error;
  }
}

function writeAll(stream: { writeSync(bytes: Uint8Array): number }, text: string): void {
  let rest = encoder.encode(text);
  while (rest.length > 0) rest = rest.subarray(stream.writeSync(rest));
}
