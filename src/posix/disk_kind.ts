import { fileSystemType } from "./later.ts";

/**
 * Where a file system keeps its files: in memory; on a disk of this machine, so that the status of an open file is in
 * memory; or on a server (a program of this machine counts as one), which may not even answer a request for the status.
 */
export type DiskKind = "memory" | "disk" | "server";

/** The `f_type` (statfs(2)) of tmpfs and ramfs. */
const MEMORY: ReadonlySet<number> = new Set([0x01021994, 0x858458f6]);
/** The file systems whose files lie on a disk of this machine; any other may be on a server. */
const DISKS: ReadonlySet<number> = new Set([
  ...[0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0xca451a4e],
  ...[0x4d44, 0x2011bab0, 0x7366746e, 0x5346544e, 0x482b, 0x4244, 0x3153464a, 0x52654973],
  ...[0x9660, 0x15013346, 0x73717368, 0xe0f5e1e2, 0x794c7630, 0x3434],
]);

/** The kind of the file system on which an open file lies. Asks on another thread. Rejects with PosixError. */
export async function diskKind(fd: number): Promise<DiskKind> {
  const type = await fileSystemType(fd);
  return MEMORY.has(type) ? "memory" : DISKS.has(type) ? "disk" : "server";
}
