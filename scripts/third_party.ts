/**
 * The licences of what the binary carries besides the program itself: the packages, with everything that they need in
 * turn, and Deno.
 *
 * @module
 */
import { join } from "node:path";

/** The part of deno.lock that says which packages need which. */
export interface Lock {
  /** The version of a package, by the specifier that names it. */
  readonly specifiers: Readonly<Record<string, string>>;
  /** By `name@version`. A dependency is named so too, or by its name alone where there is one version. */
  readonly npm: Readonly<
    Record<string, {
      readonly dependencies?: readonly string[];
      readonly optionalDependencies?: readonly string[];
    }>
  >;
}

export interface CarriedPackage {
  /** `name@version` */
  readonly id: string;
  /** Where its files lie. */
  readonly directory: string;
}

interface Manifest {
  readonly license?: string | { readonly type?: string };
  readonly licenses?: readonly { readonly type?: string }[];
  readonly author?: string | { readonly name?: string };
  readonly homepage?: string;
}

/** The name of a file with a licence, a copyright or a notice: in words, not in code. */
const LICENCE_FILE = /^(licen[cs]e|copying|copyright|notice)[^.]*(\.(md|txt))?$/i;

const DENO =
  `Deno, the runtime (https://github.com/denoland/deno), with V8, SQLite and others that it names there

MIT License

Copyright 2018-2026 the Deno authors

Permission is hereby granted, free of charge, to any person obtaining a copy of
this software and associated documentation files (the "Software"), to deal in
the Software without restriction, including without limitation the rights to
use, copy, modify, merge, publish, distribute, sublicense, and/or sell copies of
the Software, and to permit persons to whom the Software is furnished to do so,
subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS
FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR
COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER LIABILITY, WHETHER
IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.`;

const RULE = "-".repeat(80);

/** The path of a module in Deno's cache of packages. */
const IN_CACHE = /\/npm\/[^/\s]+\/((?:@[\w.-]+\/)?[\w.-]+)\/(\d[\w.+-]*)\//g;

/**
 * The packages, as `name@version`, from which a bundle says that parts of it come. Some are needed by none that the lock
 * file knows of: `debug` takes `supports-color` when it happens to be there.
 */
export function bundledPackages(bundle: string): Set<string> {
  return new Set(bundle.matchAll(IN_CACHE).map(([, name, version]) => `${name}@${version}`));
}

/**
 * The packages that these names and specifiers name, and all that they need in turn, by name. `find` says where a package
 * lies; undefined when it is not on this machine. Throws when such a package is needed; one that is optional (the native
 * part for another system) is left out.
 */
export function carriedPackages(
  lock: Lock,
  named: Iterable<string>,
  find: (name: string, version: string) => string | undefined,
): CarriedPackage[] {
  const ids = Object.keys(lock.npm);
  const carried = new Map<string, string>();
  const visit = (dependency: string, isNeeded: boolean) => {
    const id = ids.find((it) => it === dependency) ??
      ids.find((it) => [nameAndVersion(it)[0], nameAndVersion(it).join("@")].includes(dependency));
    if (id === undefined) throw new Error(`Cannot find ${dependency} in deno.lock`);
    if (carried.has(id)) return;
    const directory = find(...nameAndVersion(id));
    if (directory === undefined) {
      if (isNeeded) throw new Error(`Cannot find the files of the package ${id}`);
      return;
    }
    carried.set(id, directory);
    const { dependencies = [], optionalDependencies = [] } = lock.npm[id]!;
    for (const needed of dependencies) visit(needed, true);
    for (const optional of optionalDependencies) visit(optional, false);
  };
  for (const name of named) {
    const [bare] = nameAndVersion(name.replace(/^npm:/, ""));
    visit(name.startsWith("npm:") ? `${bare}@${lock.specifiers[name]}` : name, true);
  }
  return [...carried].map(([id, directory]) => ({ id, directory }))
    .sort((a, b) => a.id < b.id ? -1 : 1);
}

/** The text of the notice. Throws when a package neither has a licence file nor names its licence. */
export function thirdPartyNotice(packages: readonly CarriedPackage[]): string {
  const list: string[] = [];
  /** The packages that have a text, by the text: many have the same. */
  const texts = new Map<string, string[]>();
  for (const { id, directory } of packages) {
    const manifest: Manifest = JSON.parse(Deno.readTextFileSync(join(directory, "package.json")));
    const files = licenceFiles(directory);
    const licence = licenceOf(manifest);
    if (files.length === 0 && licence === undefined) {
      throw new Error(`Cannot find the licence of ${id}`);
    }
    const facts = [licence ?? "see below", authorOf(manifest), manifest.homepage]
      .filter((fact) => fact !== undefined);
    list.push(`${id}: ${facts.join(", ")}`);
    for (const file of files) {
      const text = Deno.readTextFileSync(join(directory, file)).replaceAll("\r\n", "\n").trim();
      const users = texts.get(text) ?? [];
      texts.set(text, [...users, `${id} (${file})`]);
    }
  }
  return [
    "MusicFS contains software of others, under the licences below.",
    [...list, "Deno: MIT"].join("\n"),
    DENO,
    ...[...texts].map(([text, users]) => `${users.join("\n")}\n\n${text}`),
  ].join(`\n\n${RULE}\n\n`) + "\n";
}

/** Paths of the licence files of a package, also of those of others whose sources it contains. */
function licenceFiles(directory: string, below = ""): string[] {
  const found: string[] = [];
  for (const { name, isDirectory } of Deno.readDirSync(join(directory, below))) {
    const path = below === "" ? name : `${below}/${name}`;
    if (isDirectory && name !== "node_modules") found.push(...licenceFiles(directory, path));
    else if (!isDirectory && LICENCE_FILE.test(name)) found.push(path);
  }
  return found.sort();
}

function licenceOf({ license, licenses }: Manifest): string | undefined {
  if (typeof license === "string") return license;
  return license?.type ?? licenses?.map(({ type }) => type).join(" or ");
}

function authorOf({ author }: Manifest): string | undefined {
  return typeof author === "string" ? author : author?.name;
}

/** Of `name@version`, `@scope/name@version`, and either with the packages that it was resolved for (`_other@1`). */
function nameAndVersion(id: string): [name: string, version: string] {
  const at = id.indexOf("@", 1);
  return [id.slice(0, at), id.slice(at + 1).split("_", 1)[0]!];
}
