import { cFunctions } from "./_c_functions.ts";
import { ERRNO } from "./errno.ts";
import { O_CLOEXEC, O_NONBLOCK, PosixError } from "./file.ts";
import { whyNot } from "./later.ts";
import { cString, errno, libc } from "./libc.ts";

const library = cFunctions({
  inotify_init1: { parameters: ["i32"], result: "i32" },
  inotify_add_watch: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  addWatchLater: {
    name: "inotify_add_watch",
    parameters: ["i32", "buffer", "u32"],
    result: "i32",
    nonblocking: true,
  },
  inotify_rm_watch: { parameters: ["i32", "i32"], result: "i32" },
});

/** Bits of an event's mask and of a watch's (inotify(7)). */
export const INOTIFY = {
  modify: 0x2,
  attributes: 0x4,
  closeWrite: 0x8,
  movedFrom: 0x40,
  movedTo: 0x80,
  create: 0x100,
  delete: 0x200,
  deleteSelf: 0x400,
  moveSelf: 0x800,
  unmount: 0x2000,
  overflow: 0x4000,
  ignored: 0x8000,
  onlyDirectory: 0x0100_0000,
  isDirectory: 0x4000_0000,
} as const;

/** One thing that happened in a watched directory. */
export interface InotifyEvent {
  readonly watch: number;
  readonly mask: number;
  /** The bytes of the entry's name; empty when the event is about the directory itself. */
  readonly name: Uint8Array<ArrayBuffer>;
}

const HEADER_BYTES = 16;
const events = new Uint8Array(64 * 1024);
const view = new DataView(events.buffer);

/** Opens a descriptor from which events are read without blocking. Throws PosixError. */
export function openInotify(): number {
  const fd = library.inotify_init1(O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) throw new PosixError("inotify_init1", errno());
  return fd;
}

/**
 * Watches a path and returns the number of the watch; a path that is watched already keeps its number. Throws
 * PosixError.
 */
export function addWatch(fd: number, path: Uint8Array, mask: number): number {
  const watch = library.inotify_add_watch(fd, cString(path), mask);
  if (watch < 0) throw new PosixError("inotify_add_watch", errno());
  return watch;
}

/** A directory that always answers. */
const NEAR = "/proc";

/** Like {@link addWatch}, on another thread: the kernel may ask a server for the permissions. Rejects with PosixError. */
export async function addWatchLater(fd: number, path: Uint8Array, mask: number): Promise<number> {
  const watch = await library.addWatchLater(fd, cString(path), mask);
  if (watch >= 0) return watch;
  // The errno of the other thread is lost. At the limit of watches, no other directory can be watched either.
  removeWatch(fd, addWatch(fd, new TextEncoder().encode(NEAR), INOTIFY.deleteSelf));
  throw new PosixError("inotify_add_watch", await whyNot(path));
}

export function removeWatch(fd: number, watch: number): void {
  library.inotify_rm_watch(fd, watch);
}

/** The events that are waiting, in order. Throws PosixError. */
export function readEvents(fd: number): InotifyEvent[] {
  const out: InotifyEvent[] = [];
  for (;;) {
    const length = libc.read(fd, events, events.length);
    if (length < 0) {
      const why = errno();
      if (why === ERRNO.EAGAIN) return out;
      if (why === ERRNO.EINTR) continue;
      throw new PosixError("read", why);
    }
    for (let at = 0; at < length;) {
      const nameBytes = view.getUint32(at + 12, true);
      const start = at + HEADER_BYTES;
      const name = events.slice(start, start + nameBytes);
      const end = name.indexOf(0);
      out.push({
        watch: view.getInt32(at, true),
        mask: view.getUint32(at + 4, true),
        name: end < 0 ? name : name.subarray(0, end),
      });
      at = start + nameBytes;
    }
  }
}
