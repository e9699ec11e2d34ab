import { assert, bytesFromString, type Logger, messageOf, UserError } from "../../base/mod.ts";
import {
  acceptUnix,
  closeSocket,
  ERRNO,
  hasUnixListener,
  listenUnix,
  peerCredentials,
  Poller,
  PosixError,
  receive,
  send,
  SOCKET_PATH_BYTES_MAX,
} from "../../posix/mod.ts";
import type { ByteStream } from "./byte_stream.ts";

/** Bytes that one read takes; all connections share the buffer. */
const scratch = new Uint8Array(64 * 1024);
/** How long the listener rests after it failed to accept, in ms: the next attempt would fail too. */
const ACCEPT_PAUSE_MS = 100;

/**
 * Listens at a path for processes of the same user and of root. One blocked thread serves all connections, however
 * many there are.
 */
export class UnixListener {
  readonly #path: string;
  readonly #listener: number;
  /** The inode number of the socket file, to recognise it at the end. */
  readonly #inode: number | null;
  readonly #poller = new Poller();
  readonly #connections = new Set<Connection>();
  readonly #accept: (stream: ByteStream) => void;
  readonly #logger: Logger;
  readonly #running: Promise<void>;
  #closed = false;

  /** @throws UserError when the path is too long, is no socket, or another process listens there. */
  constructor(path: string, accept: (stream: ByteStream) => void, logger: Logger) {
    this.#path = path;
    this.#accept = accept;
    this.#logger = logger;
    this.#listener = takePath(path);
    this.#inode = inodeOf(path);
    this.#running = this.#run();
  }

  /** Removes the socket file and ends all connections. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    // The file may have been removed, and another daemon's socket may be in its place.
    if (this.#inode !== null && inodeOf(this.#path) === this.#inode) Deno.removeSync(this.#path);
    this.#poller.wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const listener = { fd: this.#listener, readable: true, writable: false };
    while (!this.#closed) {
      const asked = [...this.#connections].filter((each) => each.readable || each.writable);
      const ready = await this.#poller.wait([listener, ...asked]);
      for (const connection of asked) if (ready.has(connection.fd)) connection.proceed();
      if (ready.has(this.#listener) && !this.#closed) await this.#takeConnections();
    }
    for (const connection of this.#connections) connection.close();
    closeSocket(this.#listener);
    this.#poller.close();
  }

  async #takeConnections(): Promise<void> {
    try {
      for (let fd = acceptUnix(this.#listener); fd !== undefined; fd = acceptUnix(this.#listener)) {
        const { uid, pid } = peerCredentials(fd);
        if (uid !== Deno.uid() && uid !== 0) {
          this.#logger.warn(`refused process ${pid} of user ${uid} on the control socket`);
          closeSocket(fd);
          continue;
        }
        this.#serve(fd);
      }
    } catch (error) {
      this.#logger.error(`control socket: ${messageOf(error)}`);
      await new Promise((resolve) => setTimeout(resolve, ACCEPT_PAUSE_MS));
    }
  }

  #serve(fd: number): void {
    const connection = new Connection(fd, {
      changed: () => this.#poller.wake(),
      closed: () => this.#connections.delete(connection),
    });
    this.#connections.add(connection);
    this.#accept(connection);
  }
}

/** One accepted socket. It tries each call first, and asks to be polled only when the call would block. */
class Connection implements ByteStream {
  readonly fd: number;
  readonly #listener: { readonly changed: () => void; readonly closed: () => void };
  #reading: PromiseWithResolvers<Uint8Array | undefined> | undefined;
  #writing: PromiseWithResolvers<void> | undefined;
  #unsent = new Uint8Array(0);
  #closed = false;

  constructor(fd: number, listener: { changed: () => void; closed: () => void }) {
    this.fd = fd;
    this.#listener = listener;
  }

  get readable(): boolean {
    return this.#reading !== undefined;
  }

  get writable(): boolean {
    return this.#writing !== undefined;
  }

  read(): Promise<Uint8Array | undefined> {
    assert(this.#reading === undefined, "one read at a time");
    const reading = this.#reading = Promise.withResolvers();
    this.#proceedReading();
    if (this.readable) this.#listener.changed();
    return reading.promise;
  }

  write(bytes: Uint8Array<ArrayBuffer>): Promise<void> {
    assert(this.#writing === undefined, "one write at a time");
    const writing = this.#writing = Promise.withResolvers();
    this.#unsent = bytes;
    this.#proceedWriting();
    if (this.writable) this.#listener.changed();
    return writing.promise;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    closeSocket(this.fd);
    this.#listener.closed();
    this.#proceedReading();
    this.#proceedWriting();
  }

  /** To be called when poll reports that the socket is ready. */
  proceed(): void {
    this.#proceedReading();
    this.#proceedWriting();
  }

  #proceedReading(): void {
    const reading = this.#reading;
    if (reading === undefined) return;
    try {
      const count = this.#closed ? 0 : receive(this.fd, scratch);
      if (count === undefined) return;
      this.#reading = undefined;
      reading.resolve(count === 0 ? undefined : scratch.slice(0, count));
    } catch (error) {
      this.#reading = undefined;
      reading.reject(error);
    }
  }

  #proceedWriting(): void {
    const writing = this.#writing;
    if (writing === undefined) return;
    try {
      if (this.#closed) throw new PosixError("send", ERRNO.EBADF);
      for (let sent = -1; sent !== 0 && this.#unsent.length > 0;) {
        sent = send(this.fd, this.#unsent);
        this.#unsent = this.#unsent.subarray(sent);
      }
      if (this.#unsent.length > 0) return;
      this.#writing = undefined;
      writing.resolve();
    } catch (error) {
      this.#writing = undefined;
      writing.reject(error);
    }
  }
}

/** The bytes of a socket's path. @throws UserError for a path that no socket can have */
export function assertSocketPath(path: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesFromString(path);
  if (bytes.length > SOCKET_PATH_BYTES_MAX) {
    throw new UserError(
      `Cannot use the control socket '${path}': a socket's path has at most ${SOCKET_PATH_BYTES_MAX} bytes, this has ${bytes.length}`,
      { hint: "Name a shorter one with --socket or MUSICFS_SOCKET" },
    );
  }
  return bytes;
}

/** The inode number at a path; null when nothing is there. */
function inodeOf(path: string): number | null {
  try {
    return Deno.lstatSync(path).ino;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

function takePath(path: string): number {
  const bytes = assertSocketPath(path);
  try {
    return listenUnix(bytes);
  } catch (error) {
    if (!(error instanceof PosixError) || error.errno !== ERRNO.EADDRINUSE) {
      throw cannotListen(path, messageOf(error), error);
    }
  }
  if (!Deno.lstatSync(path).isSocket) {
    throw cannotListen(path, "something that is not a socket is there");
  }
  if (hasUnixListener(bytes)) throw cannotListen(path, "another daemon listens there");
  // A daemon that was killed left this socket behind.
  Deno.removeSync(path);
  try {
    return listenUnix(bytes);
  } catch (error) {
    throw cannotListen(path, messageOf(error), error);
  }
}

function cannotListen(path: string, why: string, cause?: unknown): UserError {
  return new UserError(`Cannot listen at the control socket '${path}': ${why}`, {
    hint: "Unmount the other daemon, or name another place with --socket",
    cause,
  });
}
