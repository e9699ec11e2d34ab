/**
 * The two voices of a command. What was asked for goes to stdout: text for people, or with `--json` one
 * document for machines and nothing else. Everything said on the side goes to stderr.
 *
 * @module
 */
import { EXIT } from "../base/mod.ts";

export { printable, timeText } from "../base/mod.ts";

const encoder = new TextEncoder();

export class Output {
  readonly json: boolean;

  constructor(json: boolean) {
    this.json = json;
  }

  /** The answer: `value` as JSON, or what `human` makes of it. */
  print(value: unknown, human: () => string): void {
    writeStdout(this.json ? `${JSON.stringify(value, null, 2)}\n` : ended(human()));
  }

  /** One of a stream of answers: a JSON document on a line of its own, or a line for people. */
  printLine(value: unknown, human: () => string): void {
    writeStdout(this.json ? `${JSON.stringify(value)}\n` : ended(human()));
  }

  /** A part of a document that is too large to hold; the caller sees to it that the parts make one. */
  write(text: string): void {
    writeStdout(text);
  }

  /** A remark for people. */
  note(text: string): void {
    try {
      writeAll(Deno.stderr, ended(text));
    } catch {
      // Nobody listens on stderr any more.
    }
  }
}

/** Rows below their headings, each column as wide as its widest cell; numbers to the right. */
export function table(headings: readonly string[], rows: readonly (string | number)[][]): string {
  const cells = rows.map((row) => row.map(String));
  const isNumeric = headings.map((_, i) => rows.every((row) => typeof row[i] === "number"));
  const widths = headings.map((heading, i) =>
    Math.max(width(heading), ...cells.map((row) => width(row[i] ?? "")))
  );
  const line = (row: readonly string[]) =>
    row.map((cell, i) => {
      const gap = " ".repeat(widths[i]! - width(cell));
      return isNumeric[i] && rows.length > 0 ? gap + cell : cell + gap;
    }).join("  ").trimEnd();
  return [line(headings), ...cells.map(line)].join("\n");
}

/** `name  value` lines, the values aligned. */
export function fields(pairs: readonly (readonly [name: string, value: string])[]): string {
  const most = Math.max(...pairs.map(([name]) => width(name)));
  return pairs.map(([name, value]) => `${name.padEnd(most)}  ${value}`.trimEnd()).join("\n");
}

function width(text: string): number {
  let columns = 0;
  for (const char of text) if (!/\p{Mark}/u.test(char)) columns++;
  return columns;
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
