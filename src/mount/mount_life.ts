import { EXIT, type ExitCode, type Logger, messageOf, UserError } from "../base/mod.ts";
import type { MountMethods, MountStatus, Status } from "../control/protocol.ts";
import { detachMount, mountAt, type Mounted, type MountEntry } from "../fuse/mod.ts";
import { holdersOf } from "./holders.ts";

/** What players that have files open get to close them after a signal has asked for the end. */
const CLOSING_MS = 5_000;

export interface MountLifeParts {
  readonly logger: Logger;
  /** Lets go of all that the library has of this process but reading. */
  readonly giveUp: () => Promise<void>;
  /** Takes no more questions. */
  readonly hangUp: () => void;
}

/**
 * From the mount to the end of the process. A mount that is taken off while files of it are open is detached: nobody finds
 * it any more, and the process serves what is open until it is closed, or until it is told to end.
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
  #interrupted = false;

  constructor(parts: MountLifeParts) {
    this.#parts = parts;
  }

  /** The kernel has the mount. */
  begin(mounted: Mounted): void {
    this.#mounted = mounted;
    this.#entry = mountAt(mounted.mountpoint);
  }

  /** The mount answers. */
  serving(mount: MountStatus): void {
    this.#mount = mount;
  }

  /** Undefined before the mount answers, and after it was taken off. */
  get mount(): MountStatus | undefined {
    return this.#mount;
  }

  /** A mount that was taken off while files of it are open, with who has them. */
  async detached(): Promise<Status["detached"]> {
    if (this.#detached === undefined) return null;
    return { ...this.#detached, holders: await this.#holders() };
  }

  /** Serves the method of that name. */
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

  /** Serves the method of that name. */
  async release(): Promise<MountMethods["release"]["result"]> {
    const detached = this.#detached;
    if (detached === undefined) {
      throw new UserError("Cannot give up the library: it is served here");
    }
    await (this.#released ??= this.#giveUp());
    // The answer leaves before the process hangs up.
    setTimeout(() => this.#parts.hangUp());
    return { mountpoint: detached.mountpoint, pid: Deno.pid };
  }

  /** A person asks for the end: a second time, or before there is a mount, there is nothing to wait for. */
  interrupt(): void {
    if (this.#mounted === undefined || this.#interrupted) Deno.exit(EXIT.interrupted);
    this.#interrupted = true;
    this.#takeOff().then((outcome) => {
      if (outcome === "detached") setTimeout(() => this.end(EXIT.done), CLOSING_MS);
    }, (error) => this.#parts.logger.error(messageOf(error)));
  }

  /** Ends now, whoever still has files open: their next read fails. */
  end(code: ExitCode): void {
    if (this.#mounted === undefined) Deno.exit(code);
    this.#takeOff().catch((error) => this.#parts.logger.error(messageOf(error)))
      .finally(() => this.#cutOff.resolve(code));
  }

  /** How the life ends: when the session has been served, or when it is cut off. */
  async over(served: Promise<void>): Promise<ExitCode> {
    return await Promise.race([served.then(() => this.#afterServing()), this.#cutOff.promise]);
  }

  /** Resolves when a mount that is being taken off is off, and who asked for that can be answered. */
  async settled(): Promise<void> {
    await this.#unmounting?.catch(() => {});
    await new Promise((resolve) => setTimeout(resolve));
  }

  /** Takes the mount off the tree; the session ends when the last open file is closed. Equal calls are one. */
  #takeOff(): ReturnType<Mounted["unmount"]> {
    return this.#unmounting ??= this.#detach(this.#mounted!);
  }

  async #detach(mounted: Mounted): ReturnType<Mounted["unmount"]> {
    const outcome = await mounted.unmount();
    if (outcome === "detached") {
      this.#detached = this.#mount;
      const holders = (await this.#holders()).map(({ pid, name }) => `${name} (${pid})`);
      const who = holders.length === 0 ? "" : ` by ${holders.join(", ")}`;
      this.#parts.logger.warn(
        `files of the mount are still open${who}; ending when they are closed, or in ` +
          `${CLOSING_MS / 1_000} s after a signal`,
      );
    }
    this.#mount = undefined;
    return outcome;
  }

  /** The kernel has hung up: because the mount was taken off, or because somebody broke the connection. */
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
