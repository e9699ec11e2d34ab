/**
 * Checks before anything is mounted, so that a fault is reported before the process opens anything of the library,
 * and before a daemon leaves the terminal.
 *
 * @module
 */
import { basename, dirname, join, resolve } from "node:path";
import { EXIT, messageOf, ownerHint, UserError, withoutChanges } from "../base/mod.ts";
import { LibraryReader } from "../../projections/read/library_reader.ts";
import { libraryDirectory, type Settings } from "../config/mod.ts";
import { overlap } from "./overlap.ts";

/** How long to wait for a disk to resolve a path: one that does not answer must not keep a mount from starting. */
const RESOLVE_MS = 2_000;

export interface CheckedMount {
  /** Absolute, without symbolic links. */
  readonly mountpoint: string;
  /** Oddities that are no reason to stop. */
  readonly remarks: readonly string[];
}

/** Checks a mount point against the disk and the settings, and makes the directories. Throws UserError. */
export async function checkMount(path: string, settings: Settings): Promise<CheckedMount> {
  const { mountAt } = await import("../fuse/mod.ts");
  const isMounted = (place: string) => place !== "/" && mountAt(place) !== undefined;
  const named = resolve(path);
  refuseShares(named, settings.origins);
  const { mountpoint, isEmpty } = checkedMountpoint(named, isMounted);
  const remarks = await checkOverlaps(mountpoint, settings);
  for (const [name, directory] of [["state", settings.stateDir], ["cache", settings.cacheDir]]) {
    const problem = makeDirectory(name!, directory!);
    if (problem === undefined) continue;
    // What is known can be shown without writing anything.
    if (!hasLibrary(settings)) throw problem;
    remarks.push(withoutChanges(problem));
  }
  if (!isEmpty) {
    const hint = "mount at an empty one, so that nothing is hidden";
    throw refusal(mountpoint, "the directory is not empty", hint);
  }
  return { mountpoint, remarks };
}

/**
 * Checks law 9 for a mount point without symbolic links. Returns oddities that are no reason to stop. Throws
 * UserError.
 */
export async function checkOverlaps(mountpoint: string, settings: Settings): Promise<string[]> {
  refuseShares(mountpoint, settings.origins);
  const remarks: string[] = [];
  for (const { type, root, id, share } of settings.origins) {
    if (share !== undefined) {
      remarks.push(
        `origin ${id}: ${root} lies on a network share (${share}), and is used as type nfs`,
      );
    }
    if (type !== "local") continue;
    const real = await realPathWithin(root);
    refuseOverlap(mountpoint, real.path, `the origin ${id} (${root})`, true);
    if (real.is !== "there") {
      if (real.is === "absent") {
        const { refuseNeverSeen } = await import(
          import.meta.resolve("./never_seen.ts")
        ) as typeof import("./never_seen.ts");
        await refuseNeverSeen(id, root, settings);
      }
      remarks.push(
        `origin ${id}: ${root} ${real.is === "absent" ? "is not there (yet)" : "does not answer"}`,
      );
    }
  }
  for (const [name, directory] of [["state", settings.stateDir], ["cache", settings.cacheDir]]) {
    const { path: real } = await realPathWithin(directory!);
    refuseOverlap(mountpoint, real, `the ${name} directory (${directory})`, true);
  }
  const { path: socket } = await realPathWithin(settings.socket);
  refuseOverlap(mountpoint, socket, `the control socket (${settings.socket})`, false);
  return remarks;
}

/**
 * Compares the mount point with shares of servers by name alone, before anything looks at it: it may lie inside a
 * share, and a look at a share may hang.
 */
function refuseShares(mountpoint: string, origins: Settings["origins"]): void {
  for (const { type, root, id } of origins) {
    if (type === "nfs") refuseOverlap(mountpoint, root, `the origin ${id} (${root})`, true);
  }
}

/**
 * The mount point without symbolic links, and whether it is empty. A path that is mounted already is not looked into:
 * it may be a dead mount of MusicFS, which src/fuse clears, and looking into it may hang.
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

/**
 * Throws UserError when the mount would cover a directory (law 9). With `isInsideBad`, a mount point inside the
 * directory is refused too.
 */
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

/** Makes a directory and tries to write to it. Returns the reason when that fails. */
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
        hint: error instanceof Deno.errors.PermissionDenied
          ? `${ownerHint(directory)}; or name another with --${name}-dir`
          : `name another with --${name}-dir`,
        cause: error,
      },
    );
  }
}

/** Whether there is a library that this user may read. */
function hasLibrary(settings: Settings): boolean {
  try {
    const library = LibraryReader.open(libraryDirectory(settings));
    library?.close();
    return library !== undefined;
  } catch {
    return false;
  }
}

/** A path whose existing part is free of symbolic links, and whether it exists. */
interface RealPath {
  readonly path: string;
  readonly is: "there" | "absent" | "unanswered";
}

/** The real path; the path as it is given when the disk does not answer in time. */
async function realPathWithin(path: string): Promise<RealPath> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<undefined>((done) =>
    timer = setTimeout(done, RESOLVE_MS, undefined)
  );
  try {
    return await Promise.race([realPathSoFar(path), deadline]) ?? { path, is: "unanswered" };
  } finally {
    clearTimeout(timer);
  }
}

async function realPathSoFar(path: string): Promise<RealPath> {
  try {
    return { path: await Deno.realPath(path), is: "there" };
  } catch (error) {
    // A path in a directory that may not be entered could exist.
    const is = error instanceof Deno.errors.NotFound ? "absent" : "unanswered";
    const parent = dirname(path);
    if (parent === path) return { path, is };
    return { path: join((await realPathSoFar(parent)).path, basename(path)), is };
  }
}
