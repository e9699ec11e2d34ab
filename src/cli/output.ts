/**
 * The two voices of a command. What was asked for goes to stdout: text for people, or with `--json` one
 * document for machines and nothing else. Everything said on the side goes to stderr.
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

  /** The answer: `value` as JSON, or what `human` makes of it. */
  print(value: unknown, human: () => string): void {
    writeStdout(this.json ? `${jsonText(value, 2)}\n` : ended(harmless(human())));
  }

  /** Says that something was done: an answer that a person who is to hear of errors alone does without. */
  done(value: unknown, human: () => string): void {
    if (this.json || !this.#quiet) this.print(value, human);
  }

  /** One of a stream of answers: a JSON document on a line of its own, or a line for people. */
  printLine(value: unknown, human: () => string): void {
    writeStdout(this.json ? `${jsonText(value)}\n` : ended(harmless(human())));
  }

  /** A part of a document that is too large to hold; the caller sees to it that the parts make one. */
  write(text: string): void {
    writeStdout(text);
  }

  /** A remark for people. */
  note(text: string): void {
    if (this.#quiet) return;
    try {
      writeAll(Deno.stderr, ended(harmless(text)));
    } catch {
      // Nobody listens on stderr any more.
    }
  }
}

/**
 * Rows below their headings, each column as wide as its widest cell; numbers to the right. What is wider than the
 * terminal has its last column on a line below, and its widest ones cut.
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

/** No column is cut further, or nothing of it could be told from another. */
const COLUMN_MIN = 10;

let measure: ((text: string) => number) | undefined;

/** Loads what knows how wide characters are; until then each takes one column. */
export async function loadWidths(): Promise<void> {
  const { default: stringWidth } = await import("string-width");
  measure = stringWidth;
}

function width(text: string): number {
  return measure === undefined ? [...text].length : measure(text);
}

/** As much of a text as the columns hold, with a mark where something was left out. */
function cut(text: string, columns: number): string {
  if (width(text) <= columns) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    if (width(kept + segment) > columns - 1) break;
    kept += segment;
  }
  return `${kept}…`;
}

/** What is no terminal takes lines of any length. */
function terminalColumns(): number {
  if (!Deno.stdout.isTerminal()) return Infinity;
  try {
    return Deno.consoleSize().columns || 80;
  } catch {
    return 80;
  }
}

/** A document in which nothing steers the terminal that it may be shown on. */
export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** A text of lines and columns as it may be shown: of what steers a terminal, only our own colours. */
function harmless(text: string): string {
  const steering =
    // deno-lint-ignore no-control-regex
    /\x1b\[\d+m|(?![\n\t])[\p{Cc}\uef80-\uefff\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;
  return text.replace(steering, (part) => part.length === 1 ? printable(part) : part);
}

function ended(text: string): string {
  return text === "" || text.endsWith("\n") ? text : `${text}\n`;
}

/** Writes all of it; when the reader has gone (`| head`) there is nobody left to tell anything. */
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
