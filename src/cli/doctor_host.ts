import { statfsSync } from "node:fs";
import { dirname } from "node:path";
import { formatBytes, formatCount, messageOf, plural, UserError, VERSION } from "../base/mod.ts";
import { libraryDirectory } from "../config/mod.ts";
import type { Context } from "./context.ts";
import { withDaemon } from "./daemon.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { readText } from "./read_text.ts";
import { TEMPORARY_DIRECTORY, temporaryProblem } from "./unpacking.ts";

/** Magic numbers of statfs(2) of network file systems, on which locks and shared memory do not work. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB 2"],
  [0x01021997, "9P"],
  [0x65735546, "FUSE"],
  [0x00c36400, "Ceph"],
  [0x5346414f, "AFS"],
]);
const TMPFS = 0x01021994;
/** With less free space the log or the projections of a large library may not fit. */
const FREE_BYTES = 1_000_000_000;
const OPEN_FILES = 4_096;
const DENO_NEEDED = "2.4";

export function checkRuntime(): Finding {
  const detail = `MusicFS ${VERSION}, Deno ${Deno.version.deno}`;
  const [major = 0, minor = 0] = Deno.version.deno.split(".").map(Number);
  if (major < 2 || (major === 2 && minor < 4)) {
    return fail("runtime", "Program", detail, `use Deno ${DENO_NEEDED} or newer`);
  }
  return ok("runtime", "Program", detail);
}

/** Whether a directory, or the one in which it will be made, is writable, permanent, and has room. */
export async function checkDirectory(name: "state" | "cache", path: string): Promise<Finding> {
  const check = `${name}_directory`;
  const title = name === "state" ? "State directory" : "Cache directory";
  const existing = await nearestExisting(path);
  const elsewhere = `name another with --${name}-dir`;
  try {
    const probe = await Deno.makeTempFile({ dir: existing, prefix: ".musicfs-" });
    await Deno.remove(probe);
  } catch (error) {
    return fail(check, title, `${path} can't be written: ${messageOf(error)}`, elsewhere);
  }
  const { type, bsize, bavail } = statfsSync(existing);
  const network = NETWORK.get(type >>> 0);
  const free = bsize * bavail;
  const detail = `${path}, ${formatBytes(free)} free`;
  if (network !== undefined) {
    return warn(
      check,
      title,
      `${detail}, on ${network}`,
      `its databases want a local disk: ${elsewhere}`,
    );
  }
  if (type === TMPFS && name === "state") {
    return warn(
      check,
      title,
      `${detail}, in memory`,
      `the log is lost when the machine restarts: ${elsewhere}`,
    );
  }
  if (free < FREE_BYTES) return warn(check, title, detail, `make room, or ${elsewhere}`);
  return ok(check, title, detail);
}

/** Whether there are enough inotify watches: live changes take one for each directory of each local origin. */
export async function checkWatches(context: Context): Promise<Finding> {
  const title = "Live changes (inotify)";
  const watches = Number(readText("/proc/sys/fs/inotify/max_user_watches"));
  const directories = await countDirectories(context);
  const detail = `${formatCount(watches)} watches allowed` +
    (directories === undefined
      ? ""
      : `, ${plural(directories, "directory", "directories")} of music`);
  if (directories !== undefined && directories * 1.2 > watches) {
    const wanted = 2 ** Math.ceil(Math.log2(directories * 2));
    return warn(
      "watches",
      title,
      detail,
      `sysctl fs.inotify.max_user_watches=${wanted}; until then changes are found by rescans alone`,
    );
  }
  return ok("watches", title, detail);
}

/** Whether a compiled binary can unpack its native add-on into the directory for temporary files. */
export function checkTemporary(): Finding {
  const title = "Temporary files";
  const directory = TEMPORARY_DIRECTORY;
  const problem = temporaryProblem(directory);
  if (problem === undefined) return ok("temporary", title, directory);
  return warn(
    "temporary",
    title,
    `${directory}: ${problem}`,
    "the binary unpacks into the cache directory instead; TMPDIR names another place",
  );
}

export function checkOpenFiles(): Finding {
  const title = "Open files";
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(readText("/proc/self/limits"))?.[1] ??
    "unlimited";
  if (hard !== "unlimited" && Number(hard) < OPEN_FILES) {
    return warn(
      "open_files",
      title,
      `${hard} at most`,
      `players and scans may want more: raise the limit to ${OPEN_FILES} (ulimit -Hn, or LimitNOFILE)`,
    );
  }
  return ok("open_files", title, `${hard} at most`);
}

export async function checkConfiguration(context: Context): Promise<Finding> {
  const title = "Configuration";
  try {
    const { file } = await context.settings();
    return ok("configuration", title, file ?? "no file, every setting has its default");
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return fail(
      "configuration",
      title,
      error.message,
      error.hint ?? "correct it; musicfs config check tells when it is right",
    );
  }
}

export async function checkDaemon(context: Context): Promise<Finding> {
  const title = "Daemon";
  try {
    return await withDaemon(context, async (daemon) => {
      if (daemon === undefined) return ok("daemon", title, "none running");
      const { mounts } = await daemon.request("status", {});
      return ok("daemon", title, `serves ${mounts.map(({ mountpoint }) => mountpoint).join(", ")}`);
    });
  } catch (error) {
    return warn("daemon", title, messageOf(error), "end it by its process id and mount again");
  }
}

/** The number of directories that hold music, as far as the library knows; undefined while there is no library. */
async function countDirectories(context: Context): Promise<number | undefined> {
  const { LibraryQueries } = await import("../../projections/mod.ts");
  const library = LibraryQueries.open(libraryDirectory(context.locations));
  if (library === undefined) return undefined;
  try {
    return library.origins().filter(({ configured, kind }) => configured && kind === "local")
      .reduce((sum, { id }) => sum + library.scanning.directoriesBelow(id, "").length, 0);
  } finally {
    library.close();
  }
}

async function nearestExisting(path: string): Promise<string> {
  try {
    await Deno.stat(path);
    return path;
  } catch {
    const parent = dirname(path);
    return parent === path ? path : await nearestExisting(parent);
  }
}
