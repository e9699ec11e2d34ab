import type { Logger, ShownOwnership } from "../../base/mod.ts";
import { ERRNO, errno, errnoName, libc } from "../../posix/mod.ts";
import type { FileSystem } from "../../vfs/filesystem.ts";
import type { KernelCache } from "../../vfs/core/kernel_cache.ts";
import { BackingFiles } from "./backing.ts";
import { Dispatcher } from "./dispatch.ts";
import { NodeReferences } from "./node_references.ts";
import { KernelNotifier } from "./notify.ts";
import { Request } from "../wire/request.ts";

/** The kernel may keep what it was told for this long; it is notified of every change, so: nearly for ever. */
const KEEP_SECONDS = 86_400;
/** Requests are served without a pause for this long, then timers and sockets get their turn. */
const TURN_MS = 4;
/** The same while notifications are being written, or bytes are on their way, each of which takes a turn. */
const TURN_WAITING_MS = 0.5;
/** Looking at the clock costs about as much as a quarter of a request. */
const REQUESTS_PER_LOOK = 16;
/**
 * When the queue is empty the next request often is on its way. Asking again for this long spares the sleep
 * and the waking of this thread, which take longer than most answers; yielding in between lets whoever has
 * just been answered run when that is on the same core.
 */
const SPIN_MS = 0.1;
/** After that it waits on the spot, this long ... */
const LINGER_MS = 1;
/** ... and this many times, before another thread is asked to wait. */
const LINGER_TIMES = 3;

const POLLIN = 1;

export interface FuseSessionOptions {
  /** Owner of what the origin says nothing about. */
  readonly uid: number;
  readonly gid: number;
  /** What is shown in place of what origins say. */
  readonly shown?: ShownOwnership;
  /** Let the kernel read local files by itself; takes CAP_SYS_ADMIN, and is done without where it can't. */
  readonly passthrough: boolean;
  /** No newer protocol than this is spoken; the newest that both sides know when absent. */
  readonly minorMax?: number;
  readonly logger: Logger;
}

export interface FuseSessionStats {
  readonly requests: number;
  /** Answers that wait for something. */
  readonly pending: number;
  /** Nodes that the kernel knows. */
  readonly nodes: number;
  readonly notifications: number;
}

/**
 * A conversation with the kernel over one mount. Requests are answered one after the other by the thread
 * that calls {@link run}; answers that must wait come later, out of order.
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

  /** What the kernel has cached, to be told of changes. */
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

  /** Serves until the file system is unmounted. */
  async run(): Promise<void> {
    for (;;) {
      const outcome = this.#serve();
      if (outcome === "ended") return this.#dispatcher.close();
      // On another thread, so that the event loop turns; at rest this is all that happens.
      await libc.pollLater(this.#poll, 1, outcome === "busy" ? 0 : -1);
    }
  }

  /** Answers what is there and what comes soon after; does not wait long. */
  #serve(): "ended" | "busy" | "idle" {
    const request = this.#request;
    const waiting = this.#notifier.busy || this.#dispatcher.pending > 0;
    const turn = waiting ? TURN_WAITING_MS : TURN_MS;
    const end = performance.now() + turn;
    let untilLook = REQUESTS_PER_LOOK;
    /** Since when the queue is empty, and how often that was waited for. */
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
    // Nobody waits any more: the caller was killed, or the file system is gone.
    if (why !== ERRNO.ENOENT && why !== ERRNO.ENODEV && why !== ERRNO.ECONNABORTED) {
      this.#logger.error(`Cannot answer the kernel: ${errnoName(why)}`);
    }
    return false;
  }
}
