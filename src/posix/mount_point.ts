import { FileStatus } from "./directory.ts";

const PARENT = "..";
const status = new FileStatus();

/** Whether something is mounted at a path; links are followed. False when nothing is there. */
export function isMountPoint(path: Uint8Array<ArrayBuffer>): boolean {
  if (status.ofPath(path) !== 0) return false;
  if (status.isMountRoot !== undefined) return status.isMountRoot;
  const { device } = status;
  const parent = new Uint8Array(path.length + 3);
  parent.set(path);
  parent.set(new TextEncoder().encode(`/${PARENT}`), path.length);
  return status.ofPath(parent) === 0 && device !== status.device;
}

/** Whether an open directory is the root of a mount. The kernel itself knows that, so no server is asked. */
export function isMountedDirectory(fd: number): boolean {
  if (status.ofDescriptor(fd, true) !== 0) return false;
  if (status.isMountRoot !== undefined) return status.isMountRoot;
  const { device } = status;
  return status.ofEntry(fd, PARENT, true) === 0 && device !== status.device;
}
