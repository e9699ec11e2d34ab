/**
 * The kernel's side: the FUSE protocol over /dev/fuse, without a library.
 *
 * `mountFileSystem` attaches the file system and returns a descriptor. A `FuseSession` over that descriptor reads
 * requests and writes answers until the file system is unmounted. In between, `dispatch` decodes a request (`request`),
 * asks a `FileSystem` of `src/vfs` and encodes the answer (`reply`). In the other direction `notify` tells the kernel
 * what changed in the tree, so the kernel may keep every answer until then. `node_references` counts the nodes that the
 * kernel knows. `backing` hands whole files to the kernel.
 *
 * One rule above all: the thread that serves never touches its own mount and never writes a notification. Either would
 * wait for an answer that only this thread can give.
 *
 * FUSE over io_uring (Linux 6.14) was tried and left out. It spares a system call per request, 1 of some 40 µs. But
 * each request then interrupts this thread as task work and is copied twice, so a cold stat took 70 µs where it took
 * 45, with a fifth more processor time. And a request that waits for an origin would occupy one of few entries.
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
