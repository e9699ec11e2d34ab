/**
 * Runs the tests and ends with one plain line, `N passed, N failed, N skipped`.
 *
 *     deno task test [PATH...] [FILTER]
 *
 * What needs a mount, or measures, runs one file at a time; everything else runs in parallel. A skipped test
 * is listed with what it lacks; with MUSICFS_REQUIRE_ALL=1 it fails the run.
 *
 * @module
 */
import { fileURLToPath } from "node:url";

export interface Tally {
  passed: number;
  failed: number;
  /** Names of the tests that did not run. */
  skipped: string[];
  /** What they said they need. */
  lacking: string[];
}

// deno-lint-ignore no-control-regex
const COLOURS = /\x1b\[[0-9;]*m/g;
const SUMMARY = /^(?:ok|FAILED) \| (\d+) passed.*? \| (\d+) failed/;
/** A line that `needs` in tests/support prints. */
const LACKING = /^skipped: (needs .+)$/;
const IGNORED = /^(?:\S+ => )?((?:(?! \.\.\. ).)*) \.\.\. ignored\b/;

/** Reads what `deno test` prints, line by line. Output without a summary at the end counts as a failure. */
export class TallyReader {
  #counts: { passed: number; failed: number } | undefined;
  readonly #skipped: string[] = [];
  readonly #lacking = new Set<string>();

  line(text: string): void {
    const plain = text.replace(COLOURS, "");
    const lacking = LACKING.exec(plain);
    if (lacking !== null) this.#lacking.add(lacking[1]!);
    const ignored = IGNORED.exec(plain);
    // A step belongs to a test that is counted itself. Steps are indented, or follow their test's name and dots.
    if (ignored !== null && !plain.startsWith(" ")) this.#skipped.push(ignored[1]!);
    const summary = SUMMARY.exec(plain);
    if (summary === null) return;
    this.#counts = { passed: Number(summary[1]), failed: Number(summary[2]) };
  }

  get tally(): Tally {
    const counts = this.#counts ?? { passed: 0, failed: 1 };
    return { ...counts, skipped: this.#skipped, lacking: [...this.#lacking] };
  }
}

export function sum(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((total, { passed }) => total + passed, 0),
    failed: tallies.reduce((total, { failed }) => total + failed, 0),
    skipped: tallies.flatMap(({ skipped }) => skipped),
    lacking: [...new Set(tallies.flatMap(({ lacking }) => lacking))],
  };
}

/** Runs `deno test` and passes its output on as it comes. */
async function runTests(files: readonly string[], options: readonly string[]): Promise<Tally> {
  const child = new Deno.Command(Deno.execPath(), {
    args: ["test", "--allow-all", "--no-check", ...options, ...files],
    env: { DENO_JOBS: String(Math.min(navigator.hardwareConcurrency, 4)) },
    stdout: "piped",
  }).spawn();
  const reader = new TallyReader();
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of child.stdout) {
    await writeAll(chunk);
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    for (const line of lines) reader.line(line);
  }
  reader.line(rest);
  const { success } = await child.status;
  const { tally } = reader;
  // A module that fails to load, and a leak found at the very end, fail no test of their own.
  return success || tally.failed > 0 ? tally : { ...tally, failed: 1 };
}

async function writeAll(bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await Deno.stdout.write(bytes.subarray(at));
}

async function* testFiles(path: string): AsyncGenerator<string> {
  if ((await Deno.stat(path)).isFile) {
    yield path;
    return;
  }
  const entries = await Array.fromAsync(Deno.readDir(path));
  entries.sort((a, b) => a.name < b.name ? -1 : 1);
  for (const { name, isDirectory } of entries) {
    if (isDirectory || name.endsWith("_test.ts")) yield* testFiles(`${path}/${name}`);
  }
}

/**
 * Whether a test file must run alone: tests that mount, that need the whole machine, or that change the environment
 * of the process.
 */
function isAlone(path: string): boolean {
  return /(^|\/)tests\/(e2e|reference|bench|simulation)\//.test(path) ||
    /\bDeno\.env\.(set|delete)\(/.test(Deno.readTextFileSync(path));
}

/** Whether everything that was missing is material that can't be installed (see `needs`). */
export function isExcused(lacking: readonly string[]): boolean {
  return lacking.length > 0 && lacking.every((what) => what.endsWith("(beside the checkout)"));
}

async function main(args: readonly string[]): Promise<number> {
  const paths: string[] = [];
  const filters: string[] = [];
  for (const arg of args) {
    const exists = await Deno.stat(arg).then(() => true, () => false);
    (exists ? paths : filters).push(arg);
  }
  if (paths.length === 0) paths.push("events", "projections", "src", "scripts", "tests");
  const files: string[] = [];
  for (const path of paths) files.push(...await Array.fromAsync(testFiles(path)));
  const options = filters.length > 0 ? ["--filter", filters.join(" ")] : [];

  const tallies: Tally[] = [];
  const together = files.filter((file) => !isAlone(file));
  const alone = files.filter(isAlone);
  if (together.length > 0) tallies.push(await runTests(together, [...options, "--parallel"]));
  if (alone.length > 0) tallies.push(await runTests(alone, options));

  const { passed, failed, skipped, lacking } = sum(tallies);
  for (const name of skipped) console.log(`skipped: ${name}`);
  for (const what of lacking) console.log(what);
  const insisting = Deno.env.get("MUSICFS_REQUIRE_ALL") === "1" && skipped.length > 0 &&
    !isExcused(lacking);
  if (insisting) console.log("MUSICFS_REQUIRE_ALL=1: a skipped test is a failure");
  console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
  return failed > 0 || insisting || files.length === 0 ? 1 : 0;
}

if (import.meta.main) {
  Deno.chdir(fileURLToPath(new URL("..", import.meta.url)));
  Deno.exit(await main(Deno.args));
}
