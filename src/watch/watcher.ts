import {
  abortableSleep,
  bytesFromString,
  type Exclusions,
  isAudioName,
  messageOf,
  stringFromBytes,
  TimeSlices,
} from "../base/mod.ts";
import {
  closeFile,
  ERRNO,
  fileIdentity,
  INOTIFY,
  type InotifyEvent,
  openInotify,
  openRootLater,
  Poller,
  PosixError,
  readEvents,
} from "../posix/mod.ts";
import { DirectoryWatches, WatchLimitReached } from "./directory_watches.ts";
import { Settling } from "./settling.ts";

/** How often the root is looked at, since mounting a disk over it, or removing one, is no event inside it. */
const ROOT_CHECK_MS = 5_000;
/** A pause between two reads of events, in which the kernel folds repeated ones into one. */
const GATHER_MS = 20;
/** How long events are handled before the event loop turns. */
const SLICE_MS = 8;

export interface WatchOptions {
  /** Absolute path (see path_bytes). */
  readonly root: string;
  /** Whether symbolic links may lead out of it; false when absent. */
  readonly followLinks?: boolean;
  /** Directories that are not watched, and files whose changes do not matter. */
  readonly exclusions: Exclusions;
  readonly signal: AbortSignal;
  /** Called when something changed in these directories (relative to the root), within two seconds of the change. */
  onChanged(directories: string[]): void;
  /** Called when changes were lost, or the root went away or came back: everything may have changed. */
  onOverflow(): void;
  /** Called with a message for a person, once for each cause. */
  onProblem(message: string): void;
}

export interface Watch {
  /** Resolves once every directory is watched: later changes are reported. */
  readonly ready: Promise<void>;
  /** Resolves once the watch has ended, after its signal was aborted. */
  readonly done: Promise<void>;
}

/**
 * Watches a local directory with everything below it. Nothing blocks: directories are listed on another thread, and
 * waiting for events costs nothing. When the root goes away, and when it comes back, `onOverflow` is called, and
 * nothing in between.
 */
export function watchOrigin(options: WatchOptions): Watch {
  const { promise: ready, resolve } = Promise.withResolvers<void>();
  return { ready, done: watchUntilAborted(options, resolve) };
}

async function watchUntilAborted(options: WatchOptions, onReady: () => void): Promise<void> {
  const { root, signal, onProblem, onOverflow } = options;
  let wasAway = false;
  let isMissing = false;
  let told: string | undefined;
  while (!signal.aborted) {
    const identity = await rootIdentity(root);
    if (signal.aborted) return;
    if (identity === undefined) {
      if (!wasAway) onProblem(`Cannot watch ${root}: it is not there. Its tracks stay as they are`);
      if (!isMissing) onOverflow();
      isMissing = true;
      wasAway = true;
      onReady();
      await abortableSleep(ROOT_CHECK_MS, signal);
      continue;
    }
    isMissing = false;
    try {
      const watch = new RootWatch(options, identity);
      await watch.run(() => {
        if (wasAway) onOverflow();
        onReady();
      });
    } catch (error) {
      const problem = problemOf(error, root);
      if (problem !== told) onProblem(problem);
      told = problem;
      onReady();
      await abortableSleep(ROOT_CHECK_MS, signal);
    }
    wasAway = true;
  }
}

function problemOf(error: unknown, root: string): string {
  if (!(error instanceof PosixError) || error.errno !== ERRNO.EMFILE) return messageOf(error);
  return `Cannot watch ${root} for changes: too many programs of this user watch files. ` +
    "Raise the limit with: sysctl fs.inotify.max_user_instances=1024";
}

/** A watch of the root for as long as it is the same directory. */
class RootWatch {
  readonly #options: WatchOptions;
  readonly #identity: string;
  readonly #fd = openInotify();
  readonly #poller = new Poller();
  readonly #watches: DirectoryWatches;
  readonly #settling = new Settling();
  /** Aborted by the signal, or when the root goes away. */
  readonly #end = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #armedFor = Infinity;
  #checking: Promise<void> | undefined;
  #limitWasTold = false;
  #trees: Promise<void> = Promise.resolve();

  constructor(options: WatchOptions, identity: string) {
    this.#options = options;
    this.#identity = identity;
    const { root, followLinks = false, exclusions } = options;
    this.#watches = new DirectoryWatches(this.#fd, root, followLinks, exclusions);
  }

  async run(onReady: () => void): Promise<void> {
    const { signal } = this.#options;
    const end = () => this.#stop();
    signal.addEventListener("abort", end, { once: true });
    const rootCheck = setInterval(() => this.#checkRoot(), ROOT_CHECK_MS);
    const events = this.#readEvents();
    try {
      if (signal.aborted) this.#stop();
      this.#trees = this.#addTree("", () => {});
      await this.#trees;
      if (!this.#end.signal.aborted) onReady();
      await events;
    } finally {
      signal.removeEventListener("abort", end);
      clearInterval(rootCheck);
      clearTimeout(this.#timer);
      this.#stop();
      await events.catch(() => {});
      await this.#trees;
      this.#poller.close();
      closeFile(this.#fd);
    }
  }

  #stop(): void {
    if (this.#end.signal.aborted) return;
    this.#end.abort();
    this.#poller.wake();
  }

  async #readEvents(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      await this.#poller.wait([{ fd: this.#fd, readable: true, writable: false }]);
      await abortableSleep(GATHER_MS, signal);
      if (signal.aborted) return;
      const slices = new TimeSlices(SLICE_MS);
      for (const event of readEvents(this.#fd)) {
        this.#take(event);
        await slices.pause();
        if (signal.aborted) return;
      }
    }
  }

  #take({ watch, mask, name: bytes }: InotifyEvent): void {
    // The kernel has dropped events: only a new walk finds the directories that were created meanwhile.
    if ((mask & INOTIFY.overflow) !== 0) return this.#stop();
    const directory = this.#watches.path(watch);
    if ((mask & INOTIFY.ignored) !== 0) return this.#watches.forget(watch);
    if (directory === undefined) return;
    if ((mask & (INOTIFY.unmount | INOTIFY.deleteSelf | INOTIFY.moveSelf)) !== 0) {
      if (directory === "") this.#checkRoot();
      return;
    }
    if (bytes.length === 0) return;
    const name = stringFromBytes(bytes);
    if (this.#options.exclusions.has(joined(directory, name))) return;
    if ((mask & INOTIFY.isDirectory) !== 0) {
      this.#takeDirectory(directory, joined(directory, name), mask);
      return;
    }
    const isNew = (mask & (INOTIFY.create | INOTIFY.movedTo)) !== 0;
    // To inotify, a link to a directory is no directory.
    if (isNew && !isAudioName(name)) this.#watchNew(directory, joined(directory, name));
    this.#changed(directory, (mask & INOTIFY.create) === 0);
  }

  #takeDirectory(parent: string, path: string, mask: number): void {
    if ((mask & INOTIFY.attributes) !== 0) return this.#changed(path, true);
    if ((mask & (INOTIFY.movedFrom | INOTIFY.delete)) !== 0) this.#watches.removeTree(path);
    else this.#watchNew(parent, path);
    this.#changed(parent, true);
  }

  #watchNew(parent: string, path: string): void {
    const add = () =>
      this.#addTree(path, (at) => {
        this.#changed(at, true);
        this.#changed(parent, true);
      });
    this.#trees = this.#trees.then(add).catch((error) => this.#options.onProblem(messageOf(error)));
  }

  /** Watches a tree. `onWatched` reports what appeared in it before it was watched. */
  async #addTree(path: string, onWatched: (path: string) => void): Promise<void> {
    try {
      await this.#watches.addTree(path, this.#end.signal, onWatched);
    } catch (error) {
      if (!(error instanceof WatchLimitReached)) throw error;
      if (!this.#limitWasTold) this.#options.onProblem(error.message);
      this.#limitWasTold = true;
    }
  }

  #changed(directory: string, isComplete: boolean): void {
    const due = this.#settling.changed(directory, isComplete, performance.now());
    if (due < this.#armedFor) this.#arm(due);
  }

  /** Sets the alarm for a directory that is due. Directories that are due soon after are reported along with it. */
  #arm(due: number): void {
    clearTimeout(this.#timer);
    this.#armedFor = due;
    if (this.#end.signal.aborted || due === Infinity) return;
    this.#timer = setTimeout(() => {
      this.#armedFor = Infinity;
      this.#tell(this.#settling.take(performance.now() + GATHER_MS))
        .catch((error) => this.#options.onProblem(messageOf(error)));
      this.#arm(this.#settling.nextDue() ?? Infinity);
    }, Math.max(0, due - performance.now()));
  }

  async #tell(directories: string[]): Promise<void> {
    if (directories.length === 0 || !await this.#isRootThere()) return;
    if (!this.#end.signal.aborted) this.#options.onChanged(directories);
  }

  /** One look at a time: a root that does not answer blocks only one thread. */
  #checkRoot(): void {
    this.#checking ??= this.#lookAtRoot()
      .catch((error) => this.#options.onProblem(messageOf(error)))
      .finally(() => this.#checking = undefined);
  }

  async #lookAtRoot(): Promise<void> {
    if (this.#end.signal.aborted || await this.#isRootThere() || this.#end.signal.aborted) return;
    this.#options.onProblem(
      `${this.#options.root} was taken away or replaced. Its tracks stay as they are`,
    );
    this.#stop();
  }

  async #isRootThere(): Promise<boolean> {
    return await rootIdentity(this.#options.root) === this.#identity;
  }
}

function joined(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}

async function rootIdentity(root: string): Promise<string | undefined> {
  try {
    const fd = await openRootLater(bytesFromString(root));
    try {
      return fileIdentity(fd);
    } finally {
      closeFile(fd);
    }
  } catch (error) {
    if (error instanceof PosixError) return undefined;
    throw error;
  }
}
