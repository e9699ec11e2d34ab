import { relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

/**
 * How one module names another. `static`: it is loaded with it. `dynamic`: by an `import()`, when that is reached; Deno
 * reads it at the start of the program all the same. `later`: by an `import()` whose address `import.meta.resolve` gives,
 * so that it is neither loaded nor read before. `worker`: by `new Worker(new URL("…", import.meta.url))`. `type`: only
 * for the compiler; nothing of it is left at run time.
 */
export type ImportKind = "static" | "dynamic" | "later" | "worker" | "type";

export interface Import {
  /** Path below the root. */
  from: string;
  /** Path below the root, or a specifier such as `npm:lmdb` or `node:sqlite`. */
  to: string;
  kind: ImportKind;
}

interface InfoDependency {
  specifier: string;
  code?: { specifier?: string };
  type?: { specifier?: string };
  isDynamic?: boolean;
}

/** A worker, by the address of its module. */
export const WORKER = /new Worker\(\s*new URL\(\s*"(\.[^"]+\.ts)",\s*import\.meta\.url,?\s*\)/g;

/** An `import()` that nothing reads before it is reached. */
export const RESOLVED = /import\(\s*import\.meta\.resolve\(\s*"(\.[^"]+\.ts)",?\s*\)/g;

/** Every import of the TypeScript files below `root`, as Deno itself resolves them. */
export async function moduleGraph(root: string, folders: readonly string[]): Promise<Import[]> {
  const files: string[] = [];
  for (const folder of folders) await collect(`${root}/${folder}`, files);
  const modules = await denoInfo(root, files);
  const imports: Import[] = [];
  for (const module of modules) {
    if (!module.specifier.startsWith("file:")) continue;
    const from = relative(root, fileURLToPath(module.specifier));
    for (const dependency of module.dependencies ?? []) {
      const specifier = dependency.code?.specifier ?? dependency.type?.specifier;
      if (specifier === undefined) {
        throw new Error(`Cannot resolve ${dependency.specifier}: ${from}`);
      }
      const kind = dependency.code === undefined
        ? "type"
        : dependency.isDynamic
        ? "dynamic"
        : "static";
      imports.push({ from, to: nameOf(root, specifier), kind });
    }
  }
  for (const file of files) {
    const text = await Deno.readTextFile(file);
    for (const [pattern, kind] of [[WORKER, "worker"], [RESOLVED, "later"]] as const) {
      for (const match of text.matchAll(pattern)) {
        const url = new URL(match[1]!, pathToFileURL(file));
        imports.push({ from: relative(root, file), to: nameOf(root, url.href), kind });
      }
    }
  }
  return imports.filter(({ from }) => !from.startsWith(".."));
}

async function collect(path: string, into: string[]): Promise<void> {
  if ((await Deno.stat(path)).isFile) {
    into.push(path);
    return;
  }
  for await (const entry of Deno.readDir(path)) {
    if (entry.isDirectory || entry.name.endsWith(".ts")) {
      await collect(`${path}/${entry.name}`, into);
    }
  }
}

/**
 * The imports of all files in one call of `deno info`: the files are the imports of a module that exists for this
 * call alone.
 */
async function denoInfo(
  root: string,
  files: readonly string[],
): Promise<{ specifier: string; dependencies?: InfoDependency[] }[]> {
  const question = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    const lines = files.map((file) => `import ${JSON.stringify(pathToFileURL(file).href)};\n`);
    await Deno.writeTextFile(question, lines.join(""));
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", "--no-lock", "--config", `${root}/deno.json`, question],
      cwd: root,
    }).output();
    const decoder = new TextDecoder();
    if (code !== 0) throw new Error(`Cannot read the module graph: ${decoder.decode(stderr)}`);
    return JSON.parse(decoder.decode(stdout)).modules;
  } finally {
    await Deno.remove(question);
  }
}

function nameOf(root: string, specifier: string): string {
  if (specifier.startsWith("file:")) return relative(root, fileURLToPath(specifier));
  // Reduces `npm:/lmdb@3.5.6/x`, `npm:lmdb@3.5.6` and `npm:@scope/name@1` to the package's name.
  return specifier.replace(/^npm:\/?((?:@[^/]+\/)?[^@/]+).*/, "npm:$1");
}
