import { messageOf } from "../base/mod.ts";
import { fail, type Finding, ok, warn } from "./finding.ts";
import { readText } from "./read_text.ts";

const CAP_SYS_ADMIN = 21n;

type Version = readonly [major: number, minor: number];

/** The FUSE protocol that came with a kernel, newest first; a kernel between two of these has the older one's. */
const PROTOCOLS: readonly (readonly [kernel: Version, protocol: string])[] = [
  [[6, 18], "7.45"],
  [[6, 16], "7.44"],
  [[6, 15], "7.43"],
  [[6, 14], "7.42"],
  [[6, 12], "7.41"],
  [[6, 9], "7.40"],
  [[6, 6], "7.39"],
  [[6, 2], "7.38"],
  [[6, 1], "7.37"],
  [[5, 17], "7.36"],
  [[5, 16], "7.35"],
  [[5, 14], "7.34"],
  [[5, 11], "7.33"],
  [[5, 10], "7.32"],
  [[5, 4], "7.31"],
];
const OLDEST_KERNEL = PROTOCOLS.at(-1)![0];
const PASSTHROUGH_KERNEL: Version = [6, 9];

export function checkKernel(): Finding {
  const { release, version } = kernel();
  const protocol = PROTOCOLS.find(([from]) => !isOlder(version, from))?.[1];
  if (protocol === undefined) {
    return fail(
      "kernel",
      "Kernel",
      `Linux ${release}`,
      `use Linux ${OLDEST_KERNEL.join(".")} or newer`,
    );
  }
  return ok("kernel", "Kernel", `Linux ${release}, FUSE protocol ${protocol}`);
}

export function checkDevice(): Finding {
  const title = "/dev/fuse";
  try {
    Deno.openSync("/dev/fuse", { read: true, write: true }).close();
    return ok("device", title, "can be opened");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) {
      return fail(
        "device",
        title,
        "is not there",
        "load the kernel module (modprobe fuse); in a container, give it the device (--device /dev/fuse)",
      );
    }
    return fail(
      "device",
      title,
      messageOf(error),
      "let this user read and write it (chmod 0666 /dev/fuse); in a container, give it the device",
    );
  }
}

export async function checkMountRights(): Promise<Finding> {
  const title = "Right to mount";
  if (isPrivileged()) return ok("mount_rights", title, "CAP_SYS_ADMIN: mount(2) is used directly");
  const { helperPath } = await import("../fuse/mod.ts");
  const helper = helperPath();
  if (helper === undefined) {
    return fail(
      "mount_rights",
      title,
      "not root, and fusermount3 is not there",
      "install the package fuse3, or run as root",
    );
  }
  const { mode, uid } = await Deno.stat(helper);
  if (uid !== 0 || ((mode ?? 0) & 0o4000) === 0) {
    return fail(
      "mount_rights",
      title,
      `${helper} is not set-user-id root`,
      `chown root ${helper} && chmod u+s ${helper}, or reinstall the package fuse3`,
    );
  }
  try {
    await new Deno.Command(helper, {
      args: ["--version"],
      cwd: "/",
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).output();
  } catch (error) {
    return fail(
      "mount_rights",
      title,
      `${helper} cannot be started (${messageOf(error)})`,
      `see who may run it (ls -l ${helper})`,
    );
  }
  return ok("mount_rights", title, `by ${helper}`);
}

export function checkAllowOther(): Finding {
  const title = "Other users (--allow-other)";
  if (isPrivileged()) return ok("allow_other", title, "may be let in");
  const lines = readText("/etc/fuse.conf").split("\n").map((line) => line.trim());
  if (lines.includes("user_allow_other")) return ok("allow_other", title, "may be let in");
  return warn(
    "allow_other",
    title,
    "can't be let in by this user",
    "only if a media server of another user is to read the mount: add user_allow_other to /etc/fuse.conf",
  );
}

export function checkPassthrough(): Finding {
  const title = "Pass-through (reads at the speed of the disk)";
  const { release, version } = kernel();
  if (isOlder(version, PASSTHROUGH_KERNEL)) {
    return warn(
      "passthrough",
      title,
      `not in Linux ${release}`,
      `Linux ${PASSTHROUGH_KERNEL.join(".")} has it; until then reads go through MusicFS`,
    );
  }
  if (!isPrivileged()) {
    return warn("passthrough", title, "takes CAP_SYS_ADMIN", "run as root to have it");
  }
  return ok("passthrough", title, "available");
}

export function checkReadAhead(): Finding {
  const title = "Read-ahead";
  const [device] = directoryNames("/sys/class/bdi");
  try {
    if (device === undefined) throw new Error("/sys/class/bdi is empty");
    // Opening shows whether the file may be written; nothing is written.
    Deno.openSync(`/sys/class/bdi/${device}/read_ahead_kb`, { write: true }).close();
    return ok("read_ahead", title, "can be raised above the kernel's 128 KiB");
  } catch (error) {
    return warn(
      "read_ahead",
      title,
      `stays at the kernel's 128 KiB (${messageOf(error)})`,
      "run as root, with /sys writable, for faster sequential reads",
    );
  }
}

/** Mounts of MusicFS whose daemon is gone. No finding when there are none. */
export async function checkStaleMounts(): Promise<Finding[]> {
  const { parseMountinfo, probeMount } = await import("../fuse/mod.ts");
  const ours = parseMountinfo(readText("/proc/self/mountinfo"))
    .filter(({ type }) => type === "fuse.musicfs");
  const found: Finding[] = [];
  for (const { mountpoint } of ours) {
    const state = await probeMount(mountpoint);
    if (state === "alive") continue;
    found.push(warn(
      "stale_mount",
      "Left-over mount",
      `${mountpoint} ${state === "dead" ? "has lost its daemon" : "does not answer"}`,
      `musicfs unmount ${mountpoint}`,
    ));
  }
  return found;
}

function isPrivileged(): boolean {
  const hex = /^CapEff:\s*([0-9a-f]+)/m.exec(readText("/proc/self/status"))?.[1] ?? "0";
  return (BigInt(`0x${hex}`) >> CAP_SYS_ADMIN & 1n) === 1n;
}

function kernel(): { release: string; version: Version } {
  const release = readText("/proc/sys/kernel/osrelease").trim();
  const [major = 0, minor = 0] = release.split(/[.-]/).map(Number);
  return { release, version: [major, minor] };
}

function isOlder(version: Version, than: Version): boolean {
  return version[0] < than[0] || (version[0] === than[0] && version[1] < than[1]);
}

function directoryNames(path: string): string[] {
  try {
    return [...Deno.readDirSync(path)].map(({ name }) => name).sort();
  } catch {
    return [];
  }
}
