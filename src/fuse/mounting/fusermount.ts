import { messageOf, UserError } from "../../base/mod.ts";
import { addressOf, closeFile, errno, libc, PosixError } from "../../posix/mod.ts";

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 1 | 0o2000000;
const F_SETFD = 2;
const MSG_CMSG_CLOEXEC = 0x40000000;
/** struct msghdr and struct cmsghdr with one descriptor, the same on x86_64 and aarch64. */
const MSGHDR_BYTES = 56;
const CONTROL_BYTES = 24;

const HELPER = "fusermount3";

/** The helper's path according to PATH, whether or not this user may start it; undefined when there is none. */
export function helperPath(): string | undefined {
  return (Deno.env.get("PATH") ?? "").split(":").map((directory) => `${directory}/${HELPER}`)
    .find((path) => {
      try {
        return Deno.statSync(path).isFile;
      } catch {
        return false;
      }
    });
}

/** Mounts with the set-user-id helper of the fuse3 package. Resolves with the descriptor of /dev/fuse. */
export async function mountByHelper(mountpoint: string, options: string): Promise<number> {
  const pair = new Int32Array(2);
  if (libc.socketpair(AF_UNIX, SOCK_STREAM_CLOEXEC, 0, new Uint8Array(pair.buffer)) < 0) {
    throw new PosixError("socketpair", errno());
  }
  const theirs = pair[0]!;
  const ours = pair[1]!;
  try {
    libc.fcntl(theirs, F_SETFD, 0);
    const helper = run(["-o", options, "--", mountpoint], { _FUSE_COMMFD: String(theirs) });
    // The helper's failure is reported below; an unhandled rejection would end the process before that.
    helper.catch(() => {});
    closeFile(theirs);
    const fd = await receiveDescriptor(ours);
    const { success, message } = await helper;
    if (success && fd !== undefined) return fd;
    if (fd !== undefined) closeFile(fd);
    throw new UserError(`Cannot mount at ${mountpoint}: ${message}`);
  } finally {
    closeFile(ours);
  }
}

/** Unmounts what {@link mountByHelper} mounted. `lazy` also unmounts while files are open or nobody serves the mount. */
export async function unmountByHelper(
  mountpoint: string,
  options: { lazy: boolean },
): Promise<{ success: boolean; message: string }> {
  return await run(["-u", ...(options.lazy ? ["-z"] : []), "--", mountpoint], {});
}

async function run(
  args: string[],
  env: Record<string, string>,
): Promise<{ success: boolean; message: string }> {
  try {
    const { success, stderr } = await new Deno.Command(HELPER, {
      args,
      env,
      // A working directory that this user may not enter would keep the helper from starting.
      cwd: "/",
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).output();
    return { success, message: new TextDecoder().decode(stderr).trim() };
  } catch (error) {
    // Deno skips files in PATH that it may not start, and reports NotFound for them too.
    const isFound = !(error instanceof Deno.errors.NotFound);
    const path = helperPath();
    if (!isFound && path === undefined) {
      throw new UserError("Cannot mount without root: fusermount3 was not found", {
        hint: "install the package fuse3, or run as root",
      });
    }
    const helper = path ?? HELPER;
    throw new UserError(
      `Cannot mount without root: ${helper} cannot be started${
        isFound ? ` (${messageOf(error)})` : ""
      }`,
      { hint: `see who may run it (ls -l ${helper}), or run as root`, cause: error },
    );
  }
}

/** Receives a descriptor over a socket (SCM_RIGHTS); undefined when the other end closed without sending one. */
async function receiveDescriptor(socket: number): Promise<number | undefined> {
  const data = new Uint8Array(8);
  const control = new Uint8Array(CONTROL_BYTES);
  const vector = new BigUint64Array([addressOf(data), 1n]);
  const header = new Uint8Array(MSGHDR_BYTES);
  const view = new DataView(header.buffer);
  const vectorBytes = new Uint8Array(vector.buffer);
  view.setBigUint64(16, addressOf(vectorBytes), true);
  view.setBigUint64(24, 1n, true);
  view.setBigUint64(32, addressOf(control), true);
  view.setBigUint64(40, BigInt(CONTROL_BYTES), true);
  const count = await libc.recvmsgLater(socket, header, MSG_CMSG_CLOEXEC);
  // Mentioned once more, so that the buffers to which the header points are not collected earlier.
  void [data, vectorBytes];
  if (count <= 0 || view.getBigUint64(40, true) < 20n) return undefined;
  return new DataView(control.buffer).getInt32(16, true);
}
