/**
 * What can be found out before anything is mounted. Whatever is wrong here is told before the process gives
 * up its parsers, and before a daemon leaves the terminal.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { EXIT, messageOf, UserError } from "../base/mod.ts";
import { LibraryReader } from "../../projections/mod.ts";
import { libraryDirectory, type Settings } from "../config/mod.ts";
import { overlap } from "./overlap.ts";

/** A disk that does not answer must not keep a mount from starting. */
const RESOLVE_MS = 2_000;

export interface CheckedMount {
  /** Absolute, without symbolic links. */
  readonly mountpoint: string;
  /** What is odd and no reason to stop. */
  readonly remarks: readonly string[];
}

/** Checks a mount point against the disk and the settings, and makes the directories. Throws UserError. */
export async function checkMount(path: string, settings: Settings): Promise<CheckedMount> {
  const { mountAt } = await import("../fuse/mod.ts");
  const isMounted = (place: string) => place !== "/" && mountAt(place) !== undefined;
  const named = resolve(path);
  refuseShares(named, settings.origins);
  const { mountpoint, isEmpty } = checkedMountpoint(named, isMounted);
  refuseShares(mountpoint, settings.origins);
  const remarks: string[] = [];
  for (const { type, root, id } of settings.origins) {
    if (type !== "local") continue;
    const real = await realPathWithin(root);
    if (real.missing) remarks.push(`origin ${id}: ${root} is not there (yet)`);
    refuseOverlap(mountpoint, real.path, `the origin ${id} (${root})`, true);
  }
  for (const [name, directory] of [["state", settings.stateDir], ["cache", settings.cacheDir]]) {
    const { path: real } = await realPathWithin(directory!);
    refuseOverlap(mountpoint, real, `the ${name} directory (${directory})`, true);
    const problem = makeDirectory(name!, directory!);
    if (problem === undefined) continue;
    // What is known can be shown without writing anything.
    if (LibraryReader.open(libraryDirectory(settings)) === undefined) throw problem;
    remarks.push(`${problem.message}; showing what is known, without looking for changes`);
  }
  const { path: socket } = await realPathWithin(settings.socket);
  refuseOverlap(mountpoint, socket, `the control socket (${settings.socket})`, false);
  if (!isEmpty) {
    const hint = "mount at an empty one, so that nothing is hidden";
    throw refusal(mountpoint, "the directory is not empty", hint);
  }
  return { mountpoint, remarks };
}

/**
 * Shares of a server that may hang whoever looks at them: compared by name alone, and before the mount point is looked
 * at, which may lie inside one.
 */
function refuseShares(mountpoint: string, origins: Settings["origins"]): void {
  for (const { type, root, id } of origins) {
    if (type === "nfs") refuseOverlap(mountpoint, root, `the origin ${id} (${root})`, true);
  }
}

/**
 * The mount point without symbolic links. One that is mounted already is not looked into: it may be a dead
 * mount of ours, which src/fuse clears, and looking into it may hang.
 */
function checkedMountpoint(
  path: string,
  isMounted: (path: string) => boolean,
): { mountpoint: string; isEmpty: boolean } {
  const refused = (why: string, hint?: string) => refusal(path, why, hint);
  try {
    const candidate = path === "/" ? path : join(Deno.realPathSync(dirname(path)), basename(path));
    if (isMounted(candidate)) return { mountpoint: candidate, isEmpty: true };
    const mountpoint = Deno.realPathSync(candidate);
    if (isMounted(mountpoint)) return { mountpoint, isEmpty: true };
    let isEmpty = true;
    for (const _ of Deno.readDirSync(mountpoint)) isEmpty = false;
    return { mountpoint, isEmpty };
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (error instanceof Deno.errors.NotFound) {
      throw refused("the directory does not exist", `mkdir -p ${path}`);
    }
    if (error instanceof Deno.errors.NotADirectory) throw refused("it is not a directory");
    throw refused(messageOf(error));
  }
}

function refusal(path: string, why: string, hint?: string): UserError {
  return new UserError(`Cannot mount at ${path}: ${why}`, {
    exitCode: EXIT.usage,
    ...(hint !== undefined && { hint }),
  });
}

/** Law 9. `isInsideBad`: a mount inside the directory is refused too, not only one that covers it. */
function refuseOverlap(
  mountpoint: string,
  directory: string,
  what: string,
  isInsideBad: boolean,
): void {
  const relation = overlap(mountpoint, directory);
  if (relation === "apart" || (relation === "inside" && !isInsideBad)) return;
  const words = { same: "it is", inside: "it lies inside", above: "it would cover" }[relation];
  throw new UserError(`Cannot mount at ${mountpoint}: ${words} ${what}`, {
    exitCode: EXIT.usage,
    hint: "a mount that reads through itself would wait for itself for ever; mount elsewhere",
  });
}

/** Makes a directory and tries to write to it; the reason when that fails. */
function makeDirectory(name: string, directory: string): UserError | undefined {
  try {
    Deno.mkdirSync(directory, { recursive: true, mode: 0o700 });
    const probe = Deno.makeTempFileSync({ dir: directory, prefix: ".probe-" });
    Deno.removeSync(probe);
    return undefined;
  } catch (error) {
    return new UserError(
      `Cannot write to the ${name} directory ${directory}: ${messageOf(error)}`,
      {
        hint: `name another with --${name}-dir`,
        cause: error,
      },
    );
  }
}

/** The path without symbolic links as far as it exists; as it stands when the disk does not answer in time. */
async function realPathWithin(path: string): Promise<{ path: string; missing: boolean }> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<undefined>((done) =>
    timer = setTimeout(done, RESOLVE_MS, undefined)
  );
  try {
    return await Promise.race([realPathSoFar(path), deadline]) ?? { path, missing: true };
  } finally {
    clearTimeout(timer);
  }
}

async function realPathSoFar(path: string): Promise<{ path: string; missing: boolean }> {
  try {
    return { path: await Deno.realPath(path), missing: false };
  } catch {
    const parent = dirname(path);
    if (parent === path) return { path, missing: true };
    return { path: join((await realPathSoFar(parent)).path, basename(path)), missing: true };
  }
}
