import { posix } from "node:path";

/**
 * File systems whose files lie on another machine. `statfs` would tell too, but it waits for a server that is gone,
 * and of any FUSE file system it says only that it is one.
 */
const NETWORK: ReadonlySet<string> = new Set([
  ...["nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "9p", "afs", "ceph", "glusterfs", "davfs"],
  ...["fuse.sshfs", "fuse.rclone", "fuse.glusterfs", "fuse.s3fs", "fuse.goofys", "fuse.mount-s3"],
  ...["fuse.davfs", "fuse.davfs2", "fuse.curlftpfs", "fuse.smbnetfs", "fuse.gvfsd-fuse"],
  ...["fuse.juicefs", "fuse.seaweedfs", "fuse.ceph-fuse", "fuse.google-drive-ocamlfuse"],
]);
/** The kernel's own limit. */
const LINKS_MAX = 40;

/** The texts of mountinfo (proc(5)) and fstab(5): what is mounted, and what may be. */
export interface MountTables {
  readonly mountinfo: string;
  readonly fstab: string;
}

interface Mount {
  readonly point: string;
  readonly type: string;
}

/**
 * The kind of network file system that a path lies on, such as `cifs` or `fuse.sshfs`; undefined for a disk of this
 * machine. Follows symbolic links on the way, except those that lie on a file system of FUSE; it touches nothing there and
 * nothing on a share, since that may hang.
 */
export function networkShareOf(
  path: string,
  tables: MountTables = systemTables(),
): string | undefined {
  const mounts = [...mountsOfFstab(tables.fstab), ...mountsOf(tables.mountinfo)];
  let rest = path.split("/").filter((part) => part !== "");
  let at = "/";
  for (let links = 0;;) {
    const type = mountAt(mounts, at)?.type;
    if (type !== undefined && NETWORK.has(type)) return type;
    const mayHang = type?.startsWith("fuse");
    const target = links < LINKS_MAX && !mayHang ? linkTarget(at) : undefined;
    if (target !== undefined) {
      links++;
      rest = [...posix.resolve(posix.dirname(at), target).split("/").slice(1), ...rest];
      at = "/";
    }
    const next = rest.shift();
    if (next === undefined) return undefined;
    at = posix.join(at, next);
  }
}

/** The mount that a path lies on; where several lie over each other, the last. */
function mountAt(mounts: readonly Mount[], path: string): Mount | undefined {
  let best: Mount | undefined;
  for (const mount of mounts) {
    const { point } = mount;
    const isIn = point === "/" || path === point || path.startsWith(`${point}/`);
    if (isIn && point.length >= (best?.point.length ?? 0)) best = mount;
  }
  return best;
}

function mountsOf(mountinfo: string): Mount[] {
  return mountinfo.split("\n").flatMap((line) => {
    const [before = "", after = ""] = line.split(" - ", 2);
    const point = before.split(" ")[4];
    const type = after.split(" ")[0];
    // An automount point has no file system mounted yet; fstab names it.
    return point === undefined || !type || type === "autofs"
      ? []
      : [{ point: unescaped(point), type }];
  });
}

/** The shares in fstab: a share that is not mounted at the moment is still a share. */
function mountsOfFstab(fstab: string): Mount[] {
  return fstab.split("\n").flatMap((line) => {
    const [device = "", point, type] = line.trim().split(/\s+/);
    if (device.startsWith("#") || !point?.startsWith("/") || type === undefined) return [];
    return NETWORK.has(type) ? [{ point: plain(unescaped(point)), type }] : [];
  });
}

/** Decodes escapes such as `\040`, a space. */
function unescaped(field: string): string {
  return field.replace(/\\([0-7]{3})/g, (_, code) => String.fromCharCode(parseInt(code, 8)));
}

function plain(path: string): string {
  return path.replace(/(?<=.)\/+$/, "");
}

function linkTarget(path: string): string | undefined {
  try {
    return Deno.readLinkSync(path);
  } catch {
    return undefined;
  }
}

function systemTables(): MountTables {
  return { mountinfo: textOf("/proc/self/mountinfo"), fstab: textOf("/etc/fstab") };
}

function textOf(file: string): string {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return "";
  }
}
