/**
 * Makes the single binary, and beside it `THIRD_PARTY.txt`, which has to go wherever the binary goes: the licences of the
 * packages in it ask for that.
 *
 *     deno task compile [--target TRIPLE] [--output FILE]
 *
 * The sources are bundled first: loading some 200 modules, and a directory of all packages, takes most of the time that a
 * mount takes to start. What is loaded later (the commands, the engine) becomes files of its own, which an `import()`
 * reaches; packages with parts that are no JavaScript stay packages. Where the base binary that `deno compile` would
 * download can't be had, DENO_COMPILE_BIN names a Deno to compile with and DENORT_BIN its base.
 *
 * @module
 */
import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { type Import, moduleGraph, RESOLVED, WORKER } from "./module_graph.ts";
import { bundledPackages, carriedPackages, thirdPartyNotice } from "./third_party.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
/** Packages with native add-ons, or that look for other files at run time. */
const UNBUNDLED = ["lmdb", "msgpackr", "msgpackr-extract", "ssh2"];

/** The file with the licences of what the binary carries. */
export const NOTICE = "THIRD_PARTY.txt";

export interface CompileOptions {
  /** Where to put the binary; the notice gets into the same directory. */
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
  const work = await Deno.makeTempDir();
  const sources = join(work, "sources");
  const bundled = join(work, "bundled");
  try {
    const imports = await programImports();
    await copySources(imports, sources);
    const workers = imports.filter(({ kind }) => kind === "worker").map(({ to }) => to);
    await run(Deno.execPath(), [
      "bundle",
      // Takes all that follows it, up to the next option.
      ...["--external", ...UNBUNDLED],
      ...["--quiet", "--no-check", "--code-splitting", "--outdir", bundled],
      ...["main.ts", ...new Set(workers)],
    ], sources);

    const config = join(work, "deno.json");
    await Deno.writeTextFile(config, await binaryConfig());
    // Another version of Deno would rewrite the lock file in its own format.
    const lock = join(work, "deno.lock");
    await Deno.copyFile(join(ROOT, "deno.lock"), lock);
    await run(
      options.deno ?? Deno.execPath(),
      [
        "compile",
        ...["--quiet", "--allow-all", "--no-check", "--config", config, "--lock", lock],
        ...(options.target === undefined ? [] : ["--target", options.target]),
        // What an `import()` or a worker names.
        ...["--include", bundled],
        ...["--output", options.output],
        join(bundled, "main.js"),
        // The compiler overflows the usual stack while it writes a base that is cut from another program.
      ],
      ROOT,
      { RUST_MIN_STACK: String(64 * 1024 * 1024), ...options.env },
    );
    // The compiler has downloaded the packages for the target by now.
    await Deno.writeTextFile(join(dirname(options.output), NOTICE), await notice(imports, bundled));
  } finally {
    await Deno.remove(work, { recursive: true });
  }
}

/** Copies the modules of the program, with the addresses of others as a bundler understands them. */
async function copySources(imports: readonly Import[], directory: string): Promise<void> {
  const named = imports.flatMap(({ from, to }) => [from, to]);
  const modules = new Set(named.filter((name) => name.endsWith(".ts")));
  for (const path of modules) {
    const text = (await Deno.readTextFile(join(ROOT, path)))
      .replace(RESOLVED, (_, address) => `import(${JSON.stringify(address)}`)
      // The bundle has the files that start workers in its top directory, and a worker's where its source is.
      .replace(WORKER, (_, address) => {
        const worker = join(dirname(path), address).replace(/\.ts$/, ".js");
        return `new Worker(new URL("./${worker}", import.meta.url)`;
      });
    await Deno.mkdir(dirname(join(directory, path)), { recursive: true });
    await Deno.writeTextFile(join(directory, path), text);
  }
  for (const name of ["deno.json", "deno.lock"]) {
    await Deno.copyFile(join(ROOT, name), join(directory, name));
  }
}

/** The licences of the packages that the program imports, of those that these need, and of all that were bundled. */
async function notice(imports: readonly Import[], bundled: string): Promise<string> {
  const { imports: versions } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const lock = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.lock")));
  const names = imports.filter(({ to, kind }) => to.startsWith("npm:") && kind !== "type")
    .map(({ to }) => to.slice("npm:".length));
  const named = new Set(names.map((name) => versions[name] as string));
  for (const file of await readdir(bundled, { recursive: true })) {
    if (!file.endsWith(".js")) continue;
    for (const id of bundledPackages(await Deno.readTextFile(join(bundled, file)))) named.add(id);
  }
  const cache = JSON.parse(await run(Deno.execPath(), ["info", "--json"], ROOT)).npmCache;
  // Each registry has a directory there.
  const registries = Array.from(Deno.readDirSync(cache), ({ name }) => join(cache, name));
  return thirdPartyNotice(
    carriedPackages(
      lock,
      named,
      (name, version) =>
        registries.map((registry) => join(registry, name, version)).find((path) =>
          existsSync(path)
        ),
    ),
  );
}

/** The configuration for the packages that are left: the compiler embeds every package of a configuration. */
async function binaryConfig(): Promise<string> {
  const { nodeModulesDir, imports } = JSON.parse(await Deno.readTextFile(join(ROOT, "deno.json")));
  const left = Object.entries(imports).filter(([name]) => UNBUNDLED.includes(name));
  return JSON.stringify({ nodeModulesDir, imports: Object.fromEntries(left) });
}

async function run(
  program: string,
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(program, { args: [...args], cwd, env })
    .output();
  if (!success) throw new Error(`Cannot ${args[0]}: ${new TextDecoder().decode(stderr)}`);
  return new TextDecoder().decode(stdout);
}

/** All imports of the program, without those of its tests. */
async function programImports(): Promise<Import[]> {
  const folders = ["main.ts", "src", "events", "projections"];
  const imports = await moduleGraph(ROOT.replace(/\/$/, ""), folders);
  return imports.filter(({ from }) => !/^(tests|scripts)\/|_test\.ts$/.test(from));
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
