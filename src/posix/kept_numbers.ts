import { libc } from "./libc.ts";

/** Which numbers of an unchanged file stay the same on its file system. */
export interface KeptNumbers {
  readonly ctime: boolean;
  readonly inode: boolean;
}

/** FAT stores no time of inode change, and numbers a file anew whenever it meets it again. */
const FAT: ReadonlySet<number> = new Set([0x4d44, 0x2011bab0]);
/** Many file systems in user space number a file anew once the kernel has forgotten it. */
const FUSE = 0x65735546;

const answer = new Uint8Array(256);
const type = new DataView(answer.buffer);

/** What the file system of an open file keeps. A file system that does not answer is taken to keep nothing. */
export function keptNumbers(fd: number): KeptNumbers {
  if (libc.fstatfs(fd, answer) !== 0) return { ctime: false, inode: false };
  const magic = type.getUint32(0, true);
  const keepsTime = !FAT.has(magic);
  return { ctime: keepsTime, inode: keepsTime && magic !== FUSE };
}
