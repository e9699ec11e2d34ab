import type { FileVersion } from "../../../events/facts/files.ts";
import { bytesFromString, stringFromBytes } from "../../base/mod.ts";
import {
  type CallOptions,
  type ListOptions,
  type Origin,
  OriginChanged,
  type OriginEntry,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  type ReadOptions,
} from "../origin.ts";
import { lend } from "../piece_memory.ts";
import { type KnownRefusal, RefusedPassword } from "../refused_password.ts";
import { parseSftpUrl } from "./_address.ts";
import { connectSftp } from "./_connect.ts";
import { connectByCommand } from "./_command.ts";
import { SftpConnection } from "./_connection.ts";
import { batchesOf, below, versionOf } from "./_entries.ts";
import { isDirectoryAt, joined, type Listing } from "./_listing.ts";
import { STATUS } from "./_packets.ts";
import { SftpRead } from "./_read.ts";
import type { SftpSession } from "./_session.ts";
import { SftpStatus } from "./_status.ts";
import { SftpWalk, type WalkedDirectory } from "./_walk.ts";
import { type SshPlaces, systemPlaces } from "./_ssh_credentials.ts";
import { OriginUnreadable } from "../unreachable.ts";
import { isSameVersion, versionText } from "../version.ts";
import { compareWalkOrder } from "../walk_order.ts";

const EMPTY: Listing = { files: [], directories: [] };

/**
 * Music on a server that is reached by SSH, as `sftp://user@host:port/path`. Credentials and the server's key come
 * from where OpenSSH has them. One connection carries everything, with many requests under way at once, so that the
 * link bounds a read or a listing and not the round trips. Version 3 of the protocol has only whole seconds: a file
 * that is rewritten within a second and keeps its size looks the same.
 */
export class SftpOrigin implements Origin {
  readonly kind = "sftp";
  readonly id: string;
  readonly root: string;
  readonly #path: string;
  readonly #connection: SftpConnection;
  readonly #refused: RefusedPassword;

  /**
   * Throws TypeError when the root is no such URL.
   *
   * @param places the user's home directory and environment, for credentials and known hosts
   * @param command a program that speaks SFTP on its standard input and output, in place of our own connection
   * @param known whether the password was refused before; nothing is known when absent
   */
  constructor(
    id: string,
    root: string,
    places: SshPlaces = systemPlaces(),
    command?: readonly string[],
    known?: KnownRefusal,
  ) {
    const address = parseSftpUrl(root);
    this.id = id;
    this.root = root;
    this.#path = address.path;
    const refused = new RefusedPassword(known);
    this.#refused = refused;
    this.#connection = new SftpConnection((signal) =>
      command === undefined
        ? connectSftp(id, address, { places, refused }, signal)
        : connectByCommand(command, signal)
    );
  }

  compare(a: string, b: string): number {
    return compareWalkOrder(a, b);
  }

  async *list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    const { signal, after, onDirectory, exclusions } = options;
    const session = await this.#connection.session(signal);
    const walk = new SftpWalk(session, {
      start: await this.#startOf(session, options.directory ?? "", signal),
      absolute: (path) => this.#absolute(path),
      wanted: options.wanted ?? (() => true),
      recursive: options.recursive ?? true,
      ...{ after, exclusions },
    });
    try {
      for (let next = walk.next(); next !== undefined; next = walk.next()) {
        const { path } = next.directory;
        const { files, directories } = await this.#listing(session, next.listing, path, signal);
        const isKept = ({ name }: { readonly name: string }) =>
          name === "" || !exclusions?.has(below(path, name));
        yield* batchesOf(files.filter(isKept), path, after);
        if (onDirectory === undefined) continue;
        for (const { name } of directories.filter(isKept)) onDirectory(below(path, name));
      }
      await this.#checkRoot(session, signal);
    } finally {
      walk.stop();
    }
  }

  async stat(path: string, { signal }: CallOptions = {}): Promise<FileVersion> {
    const session = await this.#connection.session(signal);
    try {
      const asked = session.stat(bytesFromString(this.#absolute(path)));
      return versionOf(path, await this.#connection.await(session, asked, signal));
    } catch (error) {
      throw await this.#pathProblem(session, path, error, signal);
    }
  }

  async *read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const { signal, version } = options;
    const session = await this.#connection.session(signal);
    try {
      // A file that is open already is used when the version can prove that it is still the file at the path.
      const isDone = version !== undefined &&
        (yield* this.#readFile(session, path, offset, length, options, false));
      if (!isDone) yield* this.#readFile(session, path, offset, length, options, true);
    } catch (error) {
      throw await this.#pathProblem(session, path, error, signal);
    }
  }

  async check({ signal }: CallOptions = {}): Promise<void> {
    const session = await this.#connection.session(signal);
    const opened = session.openDirectory(bytesFromString(this.#path));
    opened.then((handle) => session.close(handle), () => {});
    try {
      await this.#connection.await(session, opened, signal);
    } catch (error) {
      throw this.#rootProblem(error);
    }
  }

  renew(): void {
    this.#connection.renew();
  }

  logInAgain(): void {
    this.#refused.forget();
  }

  close(): Promise<void> {
    this.#connection.close();
    return Promise.resolve();
  }

  /**
   * Reads from an open file. Returns false, having yielded nothing, when a reused file proved to be of another
   * version.
   */
  async *#readFile(
    session: SftpSession,
    path: string,
    offset: number,
    length: number,
    { version, signal }: ReadOptions,
    isFresh: boolean,
  ): AsyncGenerator<Uint8Array<ArrayBuffer>, boolean, unknown> {
    const awaited = <T>(answer: Promise<T>) => this.#connection.await(session, answer, signal);
    const check = (now: FileVersion) => {
      if (version === undefined || isSameVersion(now, version)) return;
      const [is, was] = [now, version].map(versionText);
      throw new OriginChanged(`Cannot read ${path} of ${this.root}: it is ${is}, not ${was}`);
    };
    const file = session.files.lend(path, bytesFromString(this.#absolute(path)), isFresh);
    let read: SftpRead | undefined;
    let isGood = false;
    try {
      const handle = await awaited(file.handle);
      let left = version === undefined
        ? length
        : Math.min(length, Math.max(0, version.size - offset));
      read = new SftpRead(session, handle, offset, left);
      const before = versionOf(path, await awaited(read.before));
      if (file.isReused && version !== undefined && !isSameVersion(before, version)) return false;
      check(before);
      read.endAt(before.size);
      isGood = true;
      for (;;) {
        const bytes = await awaited(read.next());
        left -= bytes?.length ?? 0;
        const isLast = left === 0 || bytes === undefined;
        if (version !== undefined) {
          isGood = false;
          check(versionOf(path, await awaited(read.after())));
          isGood = true;
          if (isLast && left > 0) {
            throw new OriginUnreachable(`Cannot read ${path}: it ended early`);
          }
        }
        if (bytes !== undefined) yield lend(bytes);
        if (isLast) return true;
      }
    } finally {
      read?.stop();
      file.release(isGood);
    }
  }

  /**
   * The directory in which a walk starts. Throws OriginNotFound when it does not exist, OriginUnreachable when the
   * root doesn't.
   */
  async #startOf(
    session: SftpSession,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<WalkedDirectory> {
    const bytes = bytesFromString(this.#absolute(path));
    try {
      const [attributes, real] = await this.#connection.await(
        session,
        Promise.all([session.stat(bytes), session.realPath(bytes)]),
        signal,
      );
      if (!(await isDirectoryAt(session, bytes, attributes))) {
        throw new OriginNotFound(`Cannot list ${path} of ${this.root}: it is not a directory`);
      }
      return { path, real: stringFromBytes(real ?? bytes), parent: undefined };
    } catch (error) {
      throw path === ""
        ? this.#rootProblem(error)
        : await this.#pathProblem(session, path, error, signal);
    }
  }

  /** The entries of a directory; none when it vanished meanwhile, an unlisted entry when it can't be read. */
  async #listing(
    session: SftpSession,
    listing: Promise<Listing>,
    path: string,
    signal: AbortSignal | undefined,
  ): Promise<Listing> {
    try {
      return await this.#connection.await(session, listing, signal);
    } catch (error) {
      if (!(error instanceof SftpStatus) || path === "") throw this.#rootProblem(error);
      if (error.code === STATUS.noSuchFile) return EMPTY;
      return { files: [{ kind: "unlisted", name: "", reason: error.message }], directories: [] };
    }
  }

  async #checkRoot(session: SftpSession, signal: AbortSignal | undefined): Promise<void> {
    try {
      const path = bytesFromString(this.#path);
      const asked = session.stat(path).then((found) => isDirectoryAt(session, path, found));
      if (await this.#connection.await(session, asked, signal)) return;
    } catch (error) {
      throw this.#rootProblem(error);
    }
    throw new OriginUnreachable(`Cannot reach ${this.root}: it is not a directory`);
  }

  /** The error to throw when the root can't be looked at. */
  #rootProblem(error: unknown): unknown {
    if (error instanceof OriginNotFound || error instanceof SftpStatus) {
      return new OriginUnreachable(`Cannot reach ${this.root}: ${error.message}`, { cause: error });
    }
    return nonsense(error);
  }

  /**
   * The error to throw when a path can't be looked at. It says "not found" or "unreadable" only when the root is
   * there.
   */
  async #pathProblem(
    session: SftpSession,
    path: string,
    error: unknown,
    signal: AbortSignal | undefined,
  ): Promise<unknown> {
    if (!(error instanceof SftpStatus)) return nonsense(error);
    const message = `Cannot read ${path} of ${this.root}: ${error.message}`;
    if (error.code === STATUS.permissionDenied) {
      return new OriginRefused(message, { cause: error });
    }
    try {
      await this.#checkRoot(session, signal);
    } catch (problem) {
      return problem;
    }
    return error.code === STATUS.noSuchFile
      ? new OriginNotFound(message, { cause: error })
      : new OriginUnreadable(message, { cause: error });
  }

  #absolute(path: string): string {
    return path === "" ? this.#path : joined(this.#path, path);
  }
}

/** A malformed packet counts as no answer. */
function nonsense(error: unknown): unknown {
  if (!(error instanceof RangeError)) return error;
  return new OriginUnreachable(`Cannot use SFTP: ${error.message}`, { cause: error });
}
