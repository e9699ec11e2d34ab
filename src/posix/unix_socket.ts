import { cFunctions } from "./_c_functions.ts";
import { PosixError } from "./file.ts";
import { ERRNO } from "./errno.ts";
import { cString, errno, libc } from "./libc.ts";

const AF_UNIX = 1;
const SOCK_STREAM = 1;
const SOCK_NONBLOCK = 0o4000;
const SOCK_CLOEXEC = 0o2000000;
const SOL_SOCKET = 1;
const SO_PEERCRED = 17;
const MSG_NOSIGNAL = 0x4000;
const SHUT_RDWR = 2;
const BACKLOG = 128;
/** The longest path that struct sockaddr_un holds, without its NUL (unix(7)). */
export const SOCKET_PATH_BYTES_MAX = 107;

const library = cFunctions({
  socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
  bind: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  listen: { parameters: ["i32", "i32"], result: "i32" },
  accept4: { parameters: ["i32", "buffer", "buffer", "i32"], result: "i32" },
  getsockopt: { parameters: ["i32", "i32", "i32", "buffer", "buffer"], result: "i32" },
  fchmod: { parameters: ["i32", "u32"], result: "i32" },
  recv: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  send: { parameters: ["i32", "buffer", "u32", "i32"], result: "i32" },
  shutdown: { parameters: ["i32", "i32"], result: "i32" },
});

/** The process at the other end of a socket, as the kernel knows it. */
export interface PeerCredentials {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Makes a socket that listens at a path to which only its owner may connect. All descriptors of this module are
 * close-on-exec and non-blocking. Throws PosixError, with EADDRINUSE when the path exists.
 */
export function listenUnix(path: Uint8Array): number {
  const fd = openSocket();
  const address = socketAddress(path);
  try {
    // bind() gives the path the socket's mode, so at no moment can anybody else connect.
    must(library.fchmod(fd, 0o600), "fchmod");
    must(library.bind(fd, address, address.length), "bind");
    must(library.listen(fd, BACKLOG), "listen");
    return fd;
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}

/** Whether a process listens at the path. Throws PosixError when that can't be found out. */
export function hasUnixListener(path: Uint8Array): boolean {
  const fd = openSocket();
  const address = socketAddress(path);
  try {
    if (library.connect(fd, address, address.length) === 0) return true;
    const why = errno();
    // A full backlog belongs to a process that listens.
    if (why === ERRNO.EAGAIN) return true;
    if (why === ERRNO.ECONNREFUSED || why === ERRNO.ENOENT) return false;
    throw new PosixError("connect", why);
  } finally {
    libc.close(fd);
  }
}

/** The next connection that is waiting; undefined when there is none. Throws PosixError. */
export function acceptUnix(listener: number): number | undefined {
  for (;;) {
    const fd = library.accept4(listener, null, null, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) return fd;
    const why = errno();
    if (why === ERRNO.EAGAIN) return undefined;
    if (why !== ERRNO.EINTR && why !== ERRNO.ECONNABORTED) throw new PosixError("accept4", why);
  }
}

/** Throws PosixError. */
export function peerCredentials(fd: number): PeerCredentials {
  const credentials = new Int32Array(3);
  const length = new Uint32Array([credentials.byteLength]);
  must(library.getsockopt(fd, SOL_SOCKET, SO_PEERCRED, credentials, length), "getsockopt");
  const [pid, uid, gid] = [credentials[0]!, credentials[1]! >>> 0, credentials[2]! >>> 0];
  return { pid, uid, gid };
}

/** Returns the number of bytes received, 0 at the end, undefined when there are none yet. Throws PosixError. */
export function receive(fd: number, into: Uint8Array<ArrayBuffer>): number | undefined {
  for (;;) {
    const count = library.recv(fd, into, into.length, 0);
    if (count >= 0) return count;
    const why = errno();
    if (why === ERRNO.EAGAIN) return undefined;
    if (why !== ERRNO.EINTR) throw new PosixError("recv", why);
  }
}

/** Returns the number of bytes sent, 0 when there is no room for any. Throws PosixError. */
export function send(fd: number, bytes: Uint8Array<ArrayBuffer>): number {
  for (;;) {
    const count = library.send(fd, bytes, bytes.length, MSG_NOSIGNAL);
    if (count >= 0) return count;
    const why = errno();
    if (why === ERRNO.EAGAIN) return 0;
    if (why !== ERRNO.EINTR) throw new PosixError("send", why);
  }
}

/** Shuts down both directions, which also ends a poll that still holds the socket, and closes it. */
export function closeSocket(fd: number): void {
  library.shutdown(fd, SHUT_RDWR);
  libc.close(fd);
}

function openSocket(): number {
  return must(library.socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), "socket");
}

function socketAddress(path: Uint8Array): Uint8Array<ArrayBuffer> {
  if (path.length > SOCKET_PATH_BYTES_MAX) throw new PosixError("bind", ERRNO.ENAMETOOLONG);
  const name = cString(path);
  const address = new Uint8Array(2 + name.length);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, 2);
  return address;
}

function must(result: number, call: string): number {
  if (result < 0) throw new PosixError(call, errno());
  return result;
}
