import { INIT, INIT2, MAX_PAGES, MAX_WRITE, SINCE_MINOR } from "./abi.ts";
import { FUSE_MAJOR, FUSE_MINOR } from "./abi.ts";
import type { Reply } from "./reply.ts";
import { Request } from "./request.ts";

const WANTED = INIT.ASYNC_READ | INIT.EXPORT_SUPPORT | INIT.AUTO_INVAL_DATA |
  INIT.DO_READDIRPLUS | INIT.READDIRPLUS_AUTO | INIT.ASYNC_DIO | INIT.PARALLEL_DIROPS |
  INIT.MAX_PAGES;

/**
 * Requests in flight on a connection, and the number from which the kernel calls it congested. Nearly every READ
 * counts, and the kernel sends no more than this: so many may wait for an origin that hangs while others are
 * answered.
 */
const MAX_BACKGROUND = 1024;
const CONGESTION_THRESHOLD = 768;
/** A backing file may lie on an overlay itself (a container's root), which makes two layers. */
const MAX_STACK_DEPTH = 2;
const NANOSECONDS = 1;
/** In bytes. The kernel only lowers the mount's read-ahead to this; its value is set on the mount's device. */
const MAX_READAHEAD = 2 ** 30;

export interface Negotiated {
  readonly minor: number;
  readonly passthrough: boolean;
}

/** Reads what the kernel offers, and writes what is accepted of it (fuse_init_in, fuse_init_out of 64 bytes). */
export function negotiate(
  request: Request,
  reply: Reply,
  options: { passthrough: boolean; minorMax?: number },
): Negotiated {
  const body = Request.BODY;
  const minor = Math.min(request.u32(body + 4), FUSE_MINOR, options.minorMax ?? FUSE_MINOR);
  const knows = (since: number, flag: number) => minor >= since ? flag : 0;
  const wanted = WANTED | knows(SINCE_MINOR.initExt, INIT.INIT_EXT);
  const flags = request.u32(body + 12) & wanted;
  // Before protocol 7.36 the message ends here.
  const offered2 = (flags & INIT.INIT_EXT) !== 0 ? request.u32(body + 16) : 0;
  const wanted2 = knows(SINCE_MINOR.directIoMmap, INIT2.DIRECT_IO_ALLOW_MMAP) |
    (options.passthrough ? knows(SINCE_MINOR.passthrough, INIT2.PASSTHROUGH) : 0);
  const flags2 = offered2 & wanted2;
  const passthrough = (flags2 & INIT2.PASSTHROUGH) !== 0;
  for (let offset = 0; offset < 64; offset += 4) reply.u32(offset, 0);
  reply.u32(0, FUSE_MAJOR);
  reply.u32(4, minor);
  reply.u32(8, MAX_READAHEAD);
  reply.u32(12, flags);
  reply.u32(16, CONGESTION_THRESHOLD << 16 | MAX_BACKGROUND);
  reply.u32(20, MAX_WRITE);
  reply.u32(24, NANOSECONDS);
  reply.u32(28, MAX_PAGES);
  reply.u32(32, flags2);
  reply.u32(36, passthrough ? MAX_STACK_DEPTH : 0);
  return { minor, passthrough };
}
