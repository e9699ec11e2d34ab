/**
 * The kernel's side: the FUSE protocol over /dev/fuse, spoken directly.
 *
 * `mountFileSystem` attaches the file system and yields a descriptor; a `FuseSession` over that descriptor
 * reads requests and writes answers until the file system is unmounted. In between, `dispatch` decodes
 * (`request`), asks a `FileSystem` of `src/vfs` and encodes (`reply`). The other direction is `notify`: what
 * changed in the tree is told to the kernel, which may therefore keep everything it was ever told.
 * `node_references` counts what the kernel knows, `backing` hands whole files to it.
 *
 * One rule above all: the thread that serves never touches its own mount, nor writes a notification: either
 * waits for an answer that only this thread can give.
 *
 * FUSE over io_uring (Linux 6.14) was tried beside this and left out: it spares a system call a request, 1 of some 40 µs,
 * but each request then interrupts this thread as task work and is copied twice, so a cold stat took 70 µs where it took
 * 45, with a fifth more processor time; and a request that waits for an origin would keep one of few entries busy.
 *
 * @module
 */
export { helperPath } from "./mounting/fusermount.ts";
export {
  detach as detachMount,
  type Mounted,
  mountFileSystem,
  type MountOptions,
  probe as probeMount,
} from "./mounting/mount.ts";
export { mountAt, type MountEntry, parseMountinfo } from "./mounting/mountinfo.ts";
export { FuseSession, type FuseSessionOptions, type FuseSessionStats } from "./session/session.ts";
