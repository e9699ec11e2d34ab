/**
 * What README.md tells people to enter: commands that the grammar takes, and configurations that can be used.
 */
import assert from "node:assert/strict";
import type { Command } from "commander";
import { buildProgram } from "../../src/cli/program.ts";
import { loadSettings } from "../../src/config/mod.ts";

const README = Deno.readTextFileSync(new URL("../../README.md", import.meta.url));

/** Blocks of a language, without their fences. */
function blocks(...languages: string[]): string[] {
  return [...README.matchAll(/^```(\w+)\n(.*?)^```$/gms)]
    .filter(([, language]) => languages.includes(language!)).map(([, , text]) => text!);
}

/** Command lines that begin with `musicfs`, in blocks and in the text. */
function commandLines(): string[] {
  const inBlocks = blocks("sh", "console").flatMap((text) => text.split("\n"))
    .map((line) => /^(?:\$ )?(musicfs .*)$/.exec(line)?.[1]);
  const inText = [...README.replace(/^```.*?^```$/gms, "").matchAll(/`(musicfs [^`]*)`/g)]
    .map(([, line]) => line);
  return [...inBlocks, ...inText].filter((line) => line !== undefined);
}

/** As a shell splits them, without comments and without where the answer goes. */
function wordsOf(line: string): string[] {
  const words = line.replace(/ +[#>].*$/, "").match(/(?:[^\s"']|"[^"]*"|'[^']*')+/g) ?? [];
  return words.map((word) => word.replaceAll(/["']/g, ""));
}

/** What of a command line the program would not take; undefined when it takes all. */
function problemOf(words: readonly string[]): string | undefined {
  const program = buildProgram(() => {});
  let command: Command = program;
  // `musicfs help query` is the help of the command `query`.
  const rest = words.slice(words[1] === "help" ? 2 : 1);
  for (;;) {
    const next = command.commands.find((child) => child.name() === rest[0]);
    if (next === undefined) break;
    command = next;
    rest.shift();
  }
  if (command.commands.length > 0) return `no command ${rest[0]}`;
  const { operands, unknown } = command.parseOptions(rest);
  const strange = program.parseOptions(unknown).unknown;
  if (strange.length > 0) return `unknown option ${strange[0]}`;
  const args = command.registeredArguments;
  if (operands.length < args.filter(({ required }) => required).length) return "too few arguments";
  const isEndless = args.at(-1)?.variadic ?? false;
  return operands.length > args.length && !isEndless ? "too many arguments" : undefined;
}

Deno.test("every command of README.md is one that the program takes", () => {
  const lines = commandLines();
  assert(lines.length > 20, `${lines.length} command lines`);
  for (const line of lines) assert.equal(problemOf(wordsOf(line)), undefined, line);
});

Deno.test("every configuration of README.md can be used", async () => {
  const home = Deno.makeTempDirSync();
  try {
    const found = blocks("toml");
    assert(found.length >= 2);
    for (const text of found) {
      Deno.writeTextFileSync(`${home}/config.toml`, text);
      const surroundings = { environment: { HOME: home }, workingDirectory: home };
      const { settings } = await loadSettings({ config: `${home}/config.toml` }, surroundings);
      if (text.includes("[[origins]]")) assert(settings.origins.length > 1);
      else assert(settings.views.length > 0, text);
    }
  } finally {
    Deno.removeSync(home, { recursive: true });
  }
});
