import type { Logger, ShownOwnership } from "../../base/mod.ts";
import { ERRNO, errno, errnoName, libc } from "../../posix/mod.ts";
import type { FileSystem } from "../../vfs/filesystem.ts";
import type { KernelCache } from "../../vfs/core/kernel_cache.ts";
import { BackingFiles } from "./backing.ts";
import { Dispatcher } from "./dispatch.ts";
import { NodeReferences } from "./node_references.ts";
import { KernelNotifier } from "./notify.ts";
import { Request } from "../wire/request.ts";

/** How long the kernel may keep an answer: nearly for ever, since it is notified of every change. */
const KEEP_SECONDS = 86_400;
/** How long requests are served without a pause; then timers and sockets get their turn. */
const TURN_MS = 4;
/**
 * How long requests are served without a pause while notifications or bytes are under way: each needs the event loop.
 */
const TURN_WAITING_MS = 0.5;
/** The clock is read once per this many requests, since reading it takes about a quarter of the time of a request. */
const REQUESTS_PER_LOOK = 16;
/**
 * How long the empty queue is asked again. The next request is often on its way, and putting this thread to sleep and
 * waking it take longer than most answers. Yielding in between lets the process run that was just answered, when it is
 * on the same core.
 */
const SPIN_MS = 0.1;
/** After that this thread waits by itself for this long at a time, in ms ... */
const LINGER_MS = 1;
/** ... and this many times, before it has another thread wait. */
const LINGER_TIMES = 3;

const POLLIN = 1;

export interface FuseSessionOptions {
  /** The owner of files about which the origin says nothing. */
  readonly uid: number;
  readonly gid: number;
  /** Overrides for the owners and modes that origins report. */
  readonly shown?: ShownOwnership;
  /**
   * Whether the kernel may read local files by itself. That needs CAP_SYS_ADMIN; without it, files are read through
   * this process.
   */
  readonly passthrough: boolean;
  /** The newest protocol version to speak; when absent, the newest that both sides know. */
  readonly minorMax?: number;
  readonly logger: Logger;
}

export interface FuseSessionStats {
  readonly requests: number;
  /** Answers that are not ready yet. */
  readonly pending: number;
  /** Nodes that the kernel knows. */
  readonly nodes: number;
  readonly notifications: number;
}

/**
 * A conversation with the kernel over one mount. The thread that calls {@link run} answers requests one after the
 * other. Answers that must wait come later, out of order.
 */
export class FuseSession {
  readonly #fd: number;
  readonly #request = new Request();
  readonly #references = new NodeReferences();
  readonly #notifier: KernelNotifier;
  readonly #dispatcher: Dispatcher;
  readonly #poll = new Uint8Array(8);
  readonly #logger: Logger;
  #requests = 0;

  constructor(fd: number, fileSystem: FileSystem, options: FuseSessionOptions) {
    this.#fd = fd;
    this.#logger = options.logger;
    this.#notifier = new KernelNotifier(fd, this.#references);
    const backing = new BackingFiles(fd);
    const defaults = {
      uid: options.uid,
      gid: options.gid,
      shown: options.shown ?? {},
      entrySeconds: KEEP_SECONDS,
      negativeSeconds: KEEP_SECONDS,
      attributeSeconds: KEEP_SECONDS,
    };
    this.#dispatcher = new Dispatcher({
      fileSystem,
      references: this.#references,
      backing,
      defaults,
      passthrough: options.passthrough,
      ...(options.minorMax !== undefined && { minorMax: options.minorMax }),
      names: this.#notifier.remembered,
      logger: options.logger,
      negotiated: ({ minor, passthrough }) => {
        this.#notifier.negotiated(minor);
        backing.enabled = passthrough;
        options.logger.debug(`fuse 7.${minor}${passthrough ? ", passthrough" : ""}`);
      },
      send: (bytes, length) => this.#send(bytes, length),
    });
    new DataView(this.#poll.buffer).setInt32(0, fd, true);
    this.#poll[4] = POLLIN;
  }

  /** The kernel's cache, for telling the kernel of changes. */
  get kernel(): KernelCache {
    return this.#notifier;
  }

  get stats(): FuseSessionStats {
    return {
      requests: this.#requests,
      pending: this.#dispatcher.pending,
      nodes: this.#references.size,
      notifications: this.#notifier.written,
    };
  }

  /** Serves requests until the file system is unmounted. */
  async run(): Promise<void> {
    for (;;) {
      const outcome = this.#serve();
      if (outcome === "ended") return this.#dispatcher.close();
      // Another thread waits for requests, so that the event loop turns. An idle mount does nothing else.
      await libc.pollLater(this.#poll, 1, outcome === "busy" ? 0 : -1);
    }
  }

  /** Answers the requests that are there and those that come soon after. Does not wait for long. */
  #serve(): "ended" | "busy" | "idle" {
    const request = this.#request;
    const waiting = this.#notifier.busy || this.#dispatcher.pending > 0;
    const turn = waiting ? TURN_WAITING_MS : TURN_MS;
    const end = performance.now() + turn;
    let untilLook = REQUESTS_PER_LOOK;
    /** When the queue became empty, and how often this thread has waited since. */
    let emptySince = 0;
    let lingered = 0;
    for (;;) {
      const length = libc.read(this.#fd, request.bytes, request.bytes.length);
      if (length > 0) {
        this.#requests++;
        this.#dispatcher.handle(request);
        emptySince = 0;
        if (--untilLook > 0) continue;
        untilLook = REQUESTS_PER_LOOK;
        if (performance.now() > end) return "busy";
        continue;
      }
      const why = errno();
      if (why === ERRNO.EAGAIN) {
        if (this.#dispatcher.pending > 0 || this.#notifier.busy) return "idle";
        const now = performance.now();
        if (emptySince === 0) {
          if (now > end) return "busy";
          emptySince = now;
          lingered = 0;
        }
        if (now - emptySince < SPIN_MS) {
          libc.sched_yield();
          continue;
        }
        if (lingered++ >= LINGER_TIMES) return "idle";
        libc.poll(this.#poll, 1, LINGER_MS);
      } else if (why !== ERRNO.EINTR && why !== ERRNO.ENOENT) {
        if (why !== ERRNO.ENODEV && why !== ERRNO.ECONNABORTED) {
          this.#logger.error(`Cannot read from /dev/fuse: ${errnoName(why)}`);
        }
        return "ended";
      }
    }
  }

  #send(bytes: Uint8Array<ArrayBuffer>, length: number): boolean {
    if (libc.write(this.#fd, bytes, length) === length) return true;
    const why = errno();
    // The caller does not wait any more because it was killed, or the file system is gone.
    if (why !== ERRNO.ENOENT && why !== ERRNO.ENODEV && why !== ERRNO.ECONNABORTED) {
      this.#logger.error(`Cannot answer the kernel: ${errnoName(why)}`);
    }
    return false;
  }
}
