import { addWatch, INOTIFY, openInotify, readEvents, removeWatch } from "./inotify.ts";
import { libc } from "./libc.ts";

const F_SETSIG = 10;
const F_SETLEASE = 1024;
const F_RDLCK = 0;
const F_UNLCK = 2;
/** A signal that processes ignore by default; the usual signal of a broken lease would end the process. */
const SIGURG = 23;

let inotify: number | undefined;
const watches = new Map<number, Set<WriteWatch>>();

/**
 * Notices whether a process writes to an open file from now on. This tells a change of the inode alone (permissions,
 * owner, links, name) from one of the bytes, although both move the ctime.
 */
export class WriteWatch {
  readonly #file: number;
  readonly #watch: number;
  #isWritten = false;

  private constructor(file: number, watch: number) {
    this.#file = file;
    this.#watch = watch;
  }

  /** Undefined for a file that can't be watched. */
  static of(file: number): WriteWatch | undefined {
    try {
      inotify ??= openInotify();
      const path = new TextEncoder().encode(`/proc/self/fd/${file}`);
      const number = addWatch(inotify, path, INOTIFY.modify | INOTIFY.closeWrite);
      const watch = new WriteWatch(file, number);
      const others = watches.get(number);
      if (others) others.add(watch);
      else watches.set(number, new Set([watch]));
      return watch;
    } catch {
      return undefined;
    }
  }

  /**
   * Whether it is certain that nobody has written since. The kernel reports a write only when it is over, and a write
   * through mapped memory only at the unmapping, so this is false while a process may have the file open for writing.
   */
  get isUnwritten(): boolean {
    if (this.#isWritten || mayHaveWriter(this.#file)) return false;
    takeEvents();
    return !this.#isWritten;
  }

  /** To be called before the file is closed. */
  close(): void {
    const others = watches.get(this.#watch);
    others?.delete(this);
    if (others?.size !== 0) return;
    watches.delete(this.#watch);
    removeWatch(inotify!, this.#watch);
  }

  /** @internal */
  static note(watch: WriteWatch): void {
    watch.#isWritten = true;
  }
}

/**
 * Whether a process may have the file open for writing: then nobody gets a read lease. Only the owner and root may
 * ask for a lease, so for others the answer is true.
 */
function mayHaveWriter(file: number): boolean {
  libc.fcntl(file, F_SETSIG, SIGURG);
  if (libc.fcntl(file, F_SETLEASE, F_RDLCK) !== 0) return true;
  libc.fcntl(file, F_SETLEASE, F_UNLCK);
  return false;
}

function takeEvents(): void {
  for (const { watch, mask } of readEvents(inotify!)) {
    if ((mask & INOTIFY.overflow) !== 0) {
      for (const all of watches.values()) for (const each of all) WriteWatch.note(each);
    } else if ((mask & (INOTIFY.modify | INOTIFY.closeWrite)) !== 0) {
      for (const each of watches.get(watch) ?? []) WriteWatch.note(each);
    }
  }
}
