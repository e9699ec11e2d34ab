/**
 * Makes the single binary.
 *
 *     deno task compile [--target TRIPLE] [--output FILE]
 *
 * `deno compile` embeds what the start of the program loads; modules that are loaded later (workers, the
 * commands, the engine) are found by reading the sources, and named to it. Where the base binary that it
 * would download can't be had, DENO_COMPILE_BIN names a Deno to compile with and DENORT_BIN its base.
 *
 * @module
 */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Import, moduleGraph } from "./module_graph.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

export interface CompileOptions {
  /** Where to put the binary. */
  output: string;
  /** Such as `aarch64-unknown-linux-gnu`; this machine's when absent. */
  target?: string;
  /** The Deno that compiles; the one that runs this when absent. */
  deno?: string;
  /** More environment, such as DENORT_BIN. */
  env?: Record<string, string>;
}

/** Compiles the program; throws with what the compiler said when that fails. */
export async function compile(options: CompileOptions): Promise<void> {
  const deno = options.deno ?? Deno.execPath();
  const imports = await programImports();
  const work = await Deno.makeTempDir();
  const lock = join(work, "deno.lock");
  const config = join(work, "deno.json");
  try {
    await Deno.writeTextFile(config, await programConfig(imports));
    // Another version of Deno would rewrite the lock file in its own format.
    await Deno.copyFile(join(ROOT, "deno.lock"), lock);
    const { success, stderr } = await new Deno.Command(deno, {
      args: [
        "compile",
        "--quiet",
        "--allow-all",
        "--no-check",
        "--config",
        config,
        "--lock",
        lock,
        ...(options.target === undefined ? [] : ["--target", options.target]),
        ...modulesLoadedLater(imports).flatMap((path) => ["--include", path]),
        "--output",
        options.output,
        join(ROOT, "main.ts"),
      ],
      cwd: ROOT,
      // The compiler overflows the usual stack while it writes a base that is cut from another program.
      env: { RUST_MIN_STACK: String(64 * 1024 * 1024), ...options.env },
    }).output();
    if (!success) throw new Error(`Cannot compile: ${new TextDecoder().decode(stderr)}`);
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** The configuration without the packages that only tests use: the compiler embeds every package of a configuration. */
async function programConfig(imports: readonly Import[]): Promise<string> {
  const config = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const ofProgram = new Set(imports.map(({ to }) => to));
  for (const name of Object.keys(config.imports)) {
    if (!ofProgram.has(`npm:${name}`)) delete config.imports[name];
  }
  return JSON.stringify(config);
}

/** All imports of the program, without those of its tests. */
async function programImports(): Promise<Import[]> {
  const folders = ["main.ts", "src", "events", "projections"];
  const imports = await moduleGraph(ROOT.replace(/\/$/, ""), folders);
  return imports.filter(({ from }) => !from.endsWith("_test.ts"));
}

/** Modules of workers, and modules that an `import()` names. */
function modulesLoadedLater(imports: readonly Import[]): string[] {
  const later = imports.filter(({ to, kind }) =>
    (kind === "dynamic" || kind === "later" || kind === "worker") && to.endsWith(".ts")
  );
  return [...new Set(later.map(({ to }) => join(ROOT, to)))].sort();
}

if (import.meta.main) {
  const { values } = parseArgs({
    args: Deno.args,
    options: { target: { type: "string" }, output: { type: "string" } },
  });
  const output = values.output ?? join(ROOT, "dist", "musicfs");
  const deno = Deno.env.get("DENO_COMPILE_BIN");
  try {
    await compile({
      output,
      ...(values.target === undefined ? {} : { target: values.target }),
      ...(deno === undefined ? {} : { deno }),
    });
    const { size } = await Deno.stat(output);
    console.log(`${output}: ${Math.round(size / 1e6)} MB`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    Deno.exit(1);
  }
}
