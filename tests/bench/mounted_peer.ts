import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** Another file system that shows a directory through FUSE. */
export interface Peer {
  name: string;
  /** Program and arguments that mount `source` on `mountpoint` and stay in the foreground. */
  command(
    source: string,
    mountpoint: string,
    scratch: string,
  ): [program: string, ...args: string[]];
}

export const PEERS: readonly Peer[] = [
  { name: "bindfs", command: (source, mountpoint) => ["bindfs", "-f", source, mountpoint] },
  {
    name: "mergerfs",
    command: (source, mountpoint) => [
      "mergerfs",
      "-f",
      "-o",
      "cache.files=auto-full,async_read=true",
      source,
      mountpoint,
    ],
  },
  {
    name: "rclone",
    command: (source, mountpoint, scratch) => [
      "rclone",
      "mount",
      "--read-only",
      "--vfs-cache-mode",
      "full",
      "--cache-dir",
      join(scratch, "rclone"),
      "--dir-cache-time",
      "24h",
      source,
      mountpoint,
    ],
  },
];

/** Whether a program is on the PATH. */
export function isInstalled(program: string): boolean {
  return (Deno.env.get("PATH") ?? "").split(":").some((directory) => {
    try {
      return (statSync(join(directory, program)).mode & 0o111) !== 0;
    } catch {
      return false;
    }
  });
}

/** A mounted file system, served by a child process until it is disposed of. */
export class Mounted implements AsyncDisposable {
  readonly pid: number;
  /** The time in ms from the start of the process until the mount answered. */
  readonly readyMs: number;
  readonly mountpoint: string;
  readonly #child: Deno.ChildProcess;
  #cleanUp: (() => Promise<void>) | undefined;

  private constructor(child: Deno.ChildProcess, mountpoint: string, readyMs: number) {
    this.#child = child;
    this.mountpoint = mountpoint;
    this.pid = child.pid;
    this.readyMs = readyMs;
  }

  /** Starts the command and waits, at most 30 s, until something else answers at the mount point. */
  static async start(
    [program, ...args]: readonly [string, ...string[]],
    mountpoint: string,
    env: Record<string, string> = {},
  ): Promise<Mounted> {
    mkdirSync(mountpoint, { recursive: true });
    const before = statSync(mountpoint).dev;
    const started = performance.now();
    const child = new Deno.Command(program, {
      args,
      env,
      stdin: "null",
      stdout: "null",
      stderr: "null",
    }).spawn();
    let ended = false;
    child.status.then(() => ended = true);
    while (statSync(mountpoint).dev === before) {
      if (ended || performance.now() - started > 30_000) {
        if (!ended) child.kill("SIGKILL");
        throw new Error(`Cannot mount with ${program}: it ${ended ? "ended" : "did not answer"}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
    return new Mounted(child, mountpoint, performance.now() - started);
  }

  /** Sets a function to be called when the file system has been unmounted. */
  afterwards(cleanUp: () => Promise<void>): void {
    this.#cleanUp = cleanUp;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await quietly("fusermount3", "-u", this.mountpoint);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), 10_000);
    await this.#child.status;
    clearTimeout(timer);
    await quietly("umount", "-l", this.mountpoint);
    await this.#cleanUp?.();
  }
}

/** Mounts a directory with a peer, in a temporary directory that is removed after the unmount. */
export async function mountedPeer(peer: Peer, source: string): Promise<Mounted> {
  const scratch = await Deno.makeTempDir({ prefix: "musicfs-bench-" });
  const mountpoint = join(scratch, "mnt");
  const mounted = await Mounted.start(peer.command(source, mountpoint, scratch), mountpoint);
  mounted.afterwards(() => Deno.remove(scratch, { recursive: true }));
  return mounted;
}

async function quietly(program: string, ...args: string[]): Promise<void> {
  await new Deno.Command(program, { args, stdin: "null", stdout: "null", stderr: "null" }).output();
}

/** The resident memory of a process, in MB. */
export async function residentMegabytes(pid: number): Promise<number> {
  const text = await Deno.readTextFile(`/proc/${pid}/smaps_rollup`);
  return Number(/^Rss:\s+(\d+)/m.exec(text)![1]) / 1024;
}
