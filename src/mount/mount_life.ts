import { EXIT, type ExitCode, type Logger, messageOf, UserError } from "../base/mod.ts";
import type { MountMethods, MountStatus, Status } from "../control/protocol.ts";
import { detachMount, mountAt, type Mounted, type MountEntry } from "../fuse/mod.ts";
import { holdersOf } from "./holders.ts";

/** How long players may take, after a signal, to close the files that they have open. */
const CLOSING_MS = 5_000;
/** How long after a failed attempt the mount is taken off once more, and the process ends, whatever comes of it. */
const AGAIN_MS = 500;

export interface MountLifeParts {
  readonly logger: Logger;
  /** Ends everything that writes to the library, and unlocks the library; open files are still served. */
  readonly giveUp: () => Promise<void>;
  /** Stops the control socket. */
  readonly hangUp: () => void;
}

/**
 * The life of a mount, from the moment the kernel has it to the end of the process. A mount that is taken off while
 * files of it are open is *detached*: it is in no directory tree any more, and the process serves the open files
 * until they are closed or a person ends it.
 */
export class MountLife {
  readonly #parts: MountLifeParts;
  readonly #cutOff = Promise.withResolvers<ExitCode>();
  #mounted: Mounted | undefined;
  #entry: MountEntry | undefined;
  #mount: MountStatus | undefined;
  #detached: MountStatus | undefined;
  #unmounting: ReturnType<Mounted["unmount"]> | undefined;
  #released: Promise<void> | undefined;
  #mounting = false;
  #endCode: ExitCode | undefined;
  #interrupted = false;

  constructor(parts: MountLifeParts) {
    this.#parts = parts;
  }

  /** To be called before the kernel is asked for the mount: from now on there may be one to take off. */
  mounting(): void {
    this.#mounting = true;
  }

  /** To be called once the kernel has the mount. It is taken off at once when the end was asked for meanwhile. */
  begin(mounted: Mounted): void {
    this.#mounted = mounted;
    this.#entry = mountAt(mounted.mountpoint);
    if (this.#endCode !== undefined) this.end(this.#endCode);
    else if (this.#interrupted) this.#takeOffInOrder();
  }

  /** To be called once requests of the kernel are answered. */
  serving(mount: MountStatus): void {
    this.#mount = mount;
  }

  /** The mount as `status` shows it; undefined before it answers and after it was taken off. */
  get mount(): MountStatus | undefined {
    return this.#mount;
  }

  /** The detached mount with the processes that have files of it open; null when the mount is not detached. */
  async detached(): Promise<Status["detached"]> {
    if (this.#detached === undefined) return null;
    return { ...this.#detached, holders: await this.#holders() };
  }

  /** Serves the method `unmount`. */
  async unmount(
    { mountpoint, force = false }: MountMethods["unmount"]["params"],
  ): Promise<MountMethods["unmount"]["result"]> {
    if (mountpoint !== (this.#mount ?? this.#detached)?.mountpoint) {
      throw new UserError(`Cannot unmount ${mountpoint}: it is not served here`, {
        exitCode: EXIT.notFound,
      });
    }
    const inUse = await this.#takeOff() === "detached";
    if (inUse && force) this.end(EXIT.done);
    return { in_use: inUse && !force };
  }

  /** Serves the method `release`. */
  async release(): Promise<MountMethods["release"]["result"]> {
    const detached = this.#detached;
    if (detached === undefined) {
      throw new UserError("Cannot give up the library: it is served here");
    }
    await (this.#released ??= this.#giveUp());
    // Another turn of the event loop lets the answer out before the socket closes.
    setTimeout(() => this.#parts.hangUp());
    return { mountpoint: detached.mountpoint, pid: Deno.pid };
  }

  /**
   * Ends the mount because a person asked for it (SIGINT, SIGTERM). The first signal takes the mount off and lets
   * players close their files; a second one, or one before there is a mount, exits at once.
   */
  interrupt(): void {
    if (!this.#mounting || this.#interrupted) Deno.exit(EXIT.interrupted);
    this.#interrupted = true;
    if (this.#mounted !== undefined) this.#takeOffInOrder();
  }

  #takeOffInOrder(): void {
    this.#takeOff().then((outcome) => {
      if (outcome === "detached") setTimeout(() => this.end(EXIT.done), CLOSING_MS);
    }, (error) => {
      this.#parts.logger.error(messageOf(error));
      setTimeout(() => this.end(EXIT.failed), AGAIN_MS);
    });
  }

  /** Ends now, whatever is still open: the next read of those files fails. */
  end(code: ExitCode): void {
    if (!this.#mounting) Deno.exit(code);
    this.#endCode = code;
    if (this.#mounted === undefined) return;
    this.#takeOff().catch((error) => this.#parts.logger.error(messageOf(error)))
      .finally(() => this.#cutOff.resolve(code));
  }

  /** Resolves with the exit code of the process: when the session has been served, or when `end()` cut it off. */
  async over(served: Promise<void>): Promise<ExitCode> {
    return await Promise.race([served.then(() => this.#afterServing()), this.#cutOff.promise]);
  }

  /** Resolves once an unmount that is under way is over, and the caller who asked for it could be answered. */
  async settled(): Promise<void> {
    await this.#unmounting?.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve));
  }

  /**
   * Takes the mount off the tree; the session ends when the last open file is closed. All calls share one attempt,
   * until it fails.
   */
  #takeOff(): ReturnType<Mounted["unmount"]> {
    return this.#unmounting ??= this.#detach(this.#mounted!).catch((error) => {
      this.#unmounting = undefined;
      throw error;
    });
  }

  async #detach(mounted: Mounted): ReturnType<Mounted["unmount"]> {
    const outcome = await mounted.unmount();
    if (outcome === "detached") {
      this.#detached = this.#mount;
      // With too many files open the holders can't be determined: the mount is off the tree all the same.
      const known = await this.#holders().catch(() => []);
      const holders = known.map(({ pid, name }) => `${name} (${pid})`);
      const who = holders.length === 0 ? "" : ` by ${holders.join(", ")}`;
      this.#parts.logger.warn(
        `files of the mount are still open${who}; ending when they are closed, or in ` +
          `${CLOSING_MS / 1_000} s after a signal`,
      );
    }
    this.#mount = undefined;
    return outcome;
  }

  /**
   * The session is over because the mount was taken off, or because somebody broke the kernel's connection; only the
   * second is an error.
   */
  async #afterServing(): Promise<ExitCode> {
    const { logger } = this.#parts;
    const { mountpoint } = this.#mounted!;
    const entry = mountAt(mountpoint);
    if (this.#unmounting !== undefined || entry?.id !== this.#entry?.id) return EXIT.done;
    logger.error(
      `the kernel's connection to ${mountpoint} was broken from outside (umount -f does so): ` +
        "taking it off, and ending",
    );
    const left = await detachMount(mountpoint);
    if (left !== undefined) logger.error(`Cannot take off ${mountpoint}: ${left}`);
    return EXIT.failed;
  }

  async #giveUp(): Promise<void> {
    this.#parts.logger.info(
      "another mount takes over; what is open here is served until it is closed",
    );
    await this.#parts.giveUp();
  }

  #holders() {
    return holdersOf(this.#entry?.id ?? -1);
  }
}
