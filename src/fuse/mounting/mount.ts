import { bytesFromString, type Logger, messageOf, UserError } from "../../base/mod.ts";
import {
  closeFile,
  cString,
  ERRNO,
  errno,
  errnoName,
  libc,
  O_NONBLOCK,
  O_RDWR,
  openFile,
} from "../../posix/mod.ts";
import { mountByHelper, unmountByHelper } from "./fusermount.ts";
import { mountAt } from "./mountinfo.ts";

const SUBTYPE = "musicfs";
const TYPE = `fuse.${SUBTYPE}`;
const MS_RDONLY = 1;
const MS_NOSUID = 2;
const MS_NODEV = 4;
const MNT_DETACH = 2;
const F_GETFL = 3;
const F_SETFL = 4;
/** A mount point that does not answer within this time belongs to a server that hangs. */
const PROBE_MS = 2_000;
/** The most dead mounts of ours that are cleared at one path: more are no accident. */
const STALE_MAX = 32;

export interface MountOptions {
  readonly mountpoint: string;
  /** Whether other users may access the mount, as far as the mode bits allow. */
  readonly allowOther: boolean;
  /** How far the kernel reads ahead of a player, in KiB. Set only where this process has the permission. */
  readonly readAheadKb: number;
  readonly logger: Logger;
}

export interface Mounted {
  /** The descriptor of /dev/fuse, for the session. */
  readonly fd: number;
  /** The absolute path, with symbolic links resolved. */
  readonly mountpoint: string;
  /**
   * Resolves with "detached" when files are still open: then the mount is gone from the tree, and ends when they are
   * closed.
   */
  unmount(): Promise<"unmounted" | "detached">;
}

/**
 * Attaches an empty file system to the mount point. It answers once a session runs over the descriptor. A dead mount of
 * ours is cleared first. Throws UserError.
 */
export async function mountFileSystem(options: MountOptions): Promise<Mounted> {
  const mountpoint = resolve(options.mountpoint);
  await clearStale(mountpoint, options.logger);
  checkDirectory(mountpoint);
  const privileged = libc.getuid() === 0;
  const fd = privileged
    ? mountDirectly(mountpoint, options.allowOther)
    : await mountByHelper(mountpoint, helperOptions(options.allowOther));
  libc.fcntl(fd, F_SETFL, libc.fcntl(fd, F_GETFL, 0) | O_NONBLOCK);
  raiseReadAhead(mountpoint, options.readAheadKb, options.logger);
  return { fd, mountpoint, unmount: () => unmount(mountpoint, privileged) };
}

/** The path without symbolic links. The last segment is not touched, since a dead mount may hang. */
function resolve(path: string): string {
  const trimmed = path.replace(/\/+$/, "");
  const cut = trimmed.lastIndexOf("/");
  const name = trimmed.slice(cut + 1);
  const parent = cut < 0 ? "." : trimmed.slice(0, cut) || "/";
  if (name === "" || name === "." || name === "..") return realPath(path);
  const candidate = `${realPath(parent).replace(/\/$/, "")}/${name}`;
  if (mountAt(candidate) !== undefined) return candidate;
  return realPath(candidate);
}

function realPath(path: string): string {
  try {
    return Deno.realPathSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      throw new UserError(`Cannot mount at ${path}: the directory does not exist`, {
        hint: `mkdir -p ${path}`,
        cause: error,
      });
    }
    throw new UserError(`Cannot mount at ${path}: ${messageOf(error)}`, { cause: error });
  }
}

function checkDirectory(mountpoint: string): void {
  try {
    for (const _ of Deno.readDirSync(mountpoint)) {
      throw new UserError(`Cannot mount at ${mountpoint}: the directory is not empty`, {
        hint: "mount at an empty directory, so that nothing is hidden",
      });
    }
  } catch (error) {
    if (error instanceof UserError) throw error;
    const reason = error instanceof Deno.errors.NotADirectory
      ? "it is not a directory"
      : messageOf(error);
    throw new UserError(`Cannot mount at ${mountpoint}: ${reason}`, { cause: error });
  }
}

/**
 * Removes mounts of ours whose server is gone. Throws UserError when anything else is mounted there, a live mount of
 * ours included.
 */
async function clearStale(mountpoint: string, logger: Logger): Promise<void> {
  for (let tries = 0; tries < STALE_MAX; tries++) {
    const entry = mountAt(mountpoint);
    if (entry === undefined) return;
    if (entry.type !== TYPE) {
      throw new UserError(
        `Cannot mount at ${mountpoint}: ${entry.source} (${entry.type}) is mounted there`,
      );
    }
    const state = await probe(mountpoint);
    if (state !== "dead") {
      throw new UserError(
        state === "alive"
          ? `Cannot mount at ${mountpoint}: musicfs is mounted there already`
          : `Cannot mount at ${mountpoint}: the musicfs that is mounted there does not answer`,
        { hint: `musicfs unmount ${mountpoint}` },
      );
    }
    logger.info(`clearing ${mountpoint}, whose daemon is gone`);
    const left = await detach(mountpoint);
    if (left !== undefined) {
      throw new UserError(`Cannot clear the dead mount at ${mountpoint}: ${left}`);
    }
  }
}

/**
 * Asks whether a mount point's server is alive, and waits a limited time. It calls statfs, which goes to the server;
 * stat may be answered from a cache.
 */
export async function probe(mountpoint: string): Promise<"alive" | "dead" | "silent"> {
  const path = cString(bytesFromString(mountpoint));
  const answer = new Uint8Array(256);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<"silent">((resolve) => {
    timer = setTimeout(resolve, PROBE_MS, "silent");
  });
  const result = await Promise.race([libc.statfsLater(path, answer), deadline]);
  clearTimeout(timer);
  if (result === "silent") return "silent";
  if (result === 0) return "alive";
  // The server has answered at once, so it is safe to ask again on this thread, where the errno can be read.
  if (libc.statfs(path, answer) === 0) return "alive";
  const why = errno();
  return why === ERRNO.ENOTCONN || why === ERRNO.ECONNABORTED ? "dead" : "alive";
}

/** Takes a mount off the tree at once. Returns the reason when that fails. */
export async function detach(mountpoint: string): Promise<string | undefined> {
  if (libc.umount2(cString(bytesFromString(mountpoint)), MNT_DETACH) === 0) return undefined;
  const why = errno();
  if (why !== ERRNO.EPERM) return errnoName(why);
  const { success, message } = await unmountByHelper(mountpoint, { lazy: true });
  return success ? undefined : message;
}

function mountDirectly(mountpoint: string, allowOther: boolean): number {
  let fd: number;
  try {
    fd = openFile(bytesFromString("/dev/fuse"), O_RDWR | O_NONBLOCK);
  } catch (error) {
    throw new UserError(`Cannot open /dev/fuse: ${messageOf(error)}`, {
      hint: "load the kernel module fuse; in a container pass --device /dev/fuse",
      cause: error,
    });
  }
  const data = [
    `fd=${fd}`,
    "rootmode=40000",
    `user_id=${libc.getuid()}`,
    `group_id=${libc.getgid()}`,
    "default_permissions",
    ...(allowOther ? ["allow_other"] : []),
  ].join(",");
  const done = libc.mount(
    cString(SUBTYPE),
    cString(bytesFromString(mountpoint)),
    cString(TYPE),
    MS_RDONLY | MS_NOSUID | MS_NODEV,
    cString(data),
  );
  if (done === 0) return fd;
  const why = errno();
  closeFile(fd);
  throw new UserError(`Cannot mount at ${mountpoint}: ${errnoName(why)}`, {
    ...(why === ERRNO.EPERM && { hint: "mounting takes CAP_SYS_ADMIN" }),
  });
}

function helperOptions(allowOther: boolean): string {
  const options = ["ro", "nosuid", "nodev", "default_permissions"];
  if (allowOther) options.push("allow_other");
  return [...options, `fsname=${SUBTYPE}`, `subtype=${SUBTYPE}`].join(",");
}

/** Raises the mount's read-ahead. The kernel's own 128 KiB make every READ small, and the protocol can't set more. */
function raiseReadAhead(mountpoint: string, readAheadKb: number, logger: Logger): void {
  const device = mountAt(mountpoint)?.device;
  if (device === undefined) return;
  try {
    Deno.writeTextFileSync(`/sys/class/bdi/${device}/read_ahead_kb`, String(readAheadKb));
  } catch (error) {
    logger.debug(`read-ahead stays as it is: ${messageOf(error)}`);
  }
}

async function unmount(
  mountpoint: string,
  privileged: boolean,
): Promise<"unmounted" | "detached"> {
  const gone = () => {
    try {
      return mountAt(mountpoint)?.type !== TYPE;
    } catch {
      // The list of mounts can't be read, for example because too many files are open. The session runs, so the mount
      // is there.
      return false;
    }
  };
  if (gone()) return "unmounted";
  if (privileged) {
    if (libc.umount2(cString(bytesFromString(mountpoint)), 0) === 0) return "unmounted";
  } else if ((await unmountByHelper(mountpoint, { lazy: false })).success) {
    return "unmounted";
  }
  const left = await detach(mountpoint);
  if (left !== undefined && !gone()) {
    throw new UserError(`Cannot unmount ${mountpoint}: ${left}`);
  }
  return "detached";
}
