/**
 * The kernel's protocol (include/uapi/linux/fuse.h), as far as a read-only file system needs it. Offsets of request
 * fields count from the start of the message, after the header of 40 bytes. Integers are little-endian, as on every
 * machine that Deno runs on.
 *
 * @module
 */

export const FUSE_MAJOR = 7;
/** The newest minor version whose structures are laid out here. */
export const FUSE_MINOR = 45;

export const OP = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  SYMLINK: 6,
  MKNOD: 8,
  MKDIR: 9,
  UNLINK: 10,
  RMDIR: 11,
  RENAME: 12,
  LINK: 13,
  OPEN: 14,
  READ: 15,
  WRITE: 16,
  STATFS: 17,
  RELEASE: 18,
  SETXATTR: 21,
  GETXATTR: 22,
  LISTXATTR: 23,
  REMOVEXATTR: 24,
  INIT: 26,
  READDIR: 28,
  RELEASEDIR: 29,
  CREATE: 35,
  INTERRUPT: 36,
  DESTROY: 38,
  IOCTL: 39,
  NOTIFY_REPLY: 41,
  BATCH_FORGET: 42,
  FALLOCATE: 43,
  READDIRPLUS: 44,
  RENAME2: 45,
  COPY_FILE_RANGE: 47,
  TMPFILE: 51,
  COPY_FILE_RANGE_64: 53,
} as const;

/** fuse_in_header: len@0 opcode@4 unique@8 nodeid@16 uid@24 gid@28 pid@32. */
export const IN_HEADER = 40;
/** fuse_out_header: len@0 error@4 unique@8. */
export const OUT_HEADER = 16;
export const ATTR_SIZE = 88;
export const ENTRY_SIZE = 128;
/** fuse_dirent before the name; fuse_direntplus has an entry before it. */
export const DIRENT_SIZE = 24;

/** Flags of INIT, first word. */
export const INIT = {
  ASYNC_READ: 1 << 0,
  EXPORT_SUPPORT: 1 << 4,
  AUTO_INVAL_DATA: 1 << 12,
  DO_READDIRPLUS: 1 << 13,
  READDIRPLUS_AUTO: 1 << 14,
  ASYNC_DIO: 1 << 15,
  PARALLEL_DIROPS: 1 << 18,
  MAX_PAGES: 1 << 22,
  INIT_EXT: 1 << 30,
} as const;

/** Flags of INIT, second word: bit 32 and above. */
export const INIT2 = {
  DIRECT_IO_ALLOW_MMAP: 1 << 4,
  PASSTHROUGH: 1 << 5,
} as const;

/** Flag of a GETATTR that asks about the open behind a handle. */
export const GETATTR_FH = 1;

/** Flags of an OPEN answer. */
export const FOPEN = { DIRECT_IO: 1, KEEP_CACHE: 2, PASSTHROUGH: 128 } as const;

/** Codes of notifications, which take the place of the error. */
export const NOTIFY = {
  INVAL_INODE: 2,
  INVAL_ENTRY: 3,
  DELETE: 6,
  INC_EPOCH: 8,
  PRUNE: 9,
} as const;

/** The first minor versions that know features newer than the oldest protocol that is spoken here. */
export const SINCE_MINOR = {
  /** `flags2` of INIT, and INIT_EXT that says so. */
  initExt: 36,
  /** DIRECT_IO_ALLOW_MMAP. */
  directIoMmap: 39,
  /** PASSTHROUGH: `max_stack_depth` of INIT, `backing_id` of OPEN. */
  passthrough: 40,
  /** NOTIFY_INC_EPOCH. */
  incEpoch: 44,
  /** NOTIFY_PRUNE. */
  prune: 45,
} as const;

/** ioctls of /dev/fuse. */
export const DEV_IOC_BACKING_OPEN = 0x4010e501;
export const DEV_IOC_BACKING_CLOSE = 0x4004e502;

/** READ and READDIR ask for at most this many pages of 4 KiB: the kernel's own limit unless raised. */
export const MAX_PAGES = 256;
/** Writes are refused, so this only sizes the buffer of a message: the least that the kernel accepts. */
export const MAX_WRITE = 4096;
/** The most that one read of /dev/fuse returns: a BATCH_FORGET of 4,000 nodes fits. */
export const RECEIVE_BYTES = 64 * 1024;
