import { basename, dirname, join, resolve } from "node:path";
import { EXIT, messageOf, UserError } from "../base/mod.ts";
import type { ControlClient, Holder } from "../control/mod.ts";
import type { Context, Invocation } from "./context.ts";
import { withDaemon } from "./daemon.ts";
import { printable } from "./output.ts";

const FILE_SYSTEM_TYPE = "fuse.musicfs";

type Fuse = typeof import("../fuse/mod.ts");

/** A daemon that has not answered after this long is stopped, or stuck. */
const ANSWER_MS = 5_000;

/**
 * `musicfs unmount MOUNTPOINT`: the daemon that serves the mount does it. When no daemon answers, this takes the
 * mount off the tree. Open files stay open until they are closed, unless `--force`.
 */
export async function unmount(
  { context, args, options }: Invocation<{ force?: boolean }>,
): Promise<void> {
  const fuse = await import("../fuse/mod.ts");
  const mountpoint = mountpointOf(args[0]!, fuse);
  const force = options.force ?? false;
  const served = await withDaemon(
    context,
    async (daemon) =>
      daemon === undefined ? false : await askDaemon(context, daemon, mountpoint, force),
  );
  if (!served) {
    if (force) abortConnection(mountpoint, fuse);
    await detach(mountpoint, fuse);
  }
  context.output.done(
    { mountpoint, by: served ? "daemon" : "detach" },
    () => `Unmounted ${printable(mountpoint)}`,
  );
}

/** Asks the daemon to unmount; resolves with whether it did. */
async function askDaemon(
  context: Context,
  daemon: ControlClient,
  mountpoint: string,
  force: boolean,
): Promise<boolean> {
  const ask = { deadlineMs: ANSWER_MS };
  try {
    const { mounts, detached } = await daemon.request("status", {}, ask);
    const isServed = mounts.some((mount) => mount.mountpoint === mountpoint) ||
      detached?.mountpoint === mountpoint;
    if (!isServed) return false;
    const params = force ? { mountpoint, force } : { mountpoint };
    const { in_use } = await daemon.request("unmount", params, ask);
    if (!in_use) return true;
    const holders = (await daemon.request("status", {}, ask)).detached?.holders ?? [];
    const who = holders.length === 0 ? "" : ` by ${holdersText(holders)}`;
    context.output.note(
      `Files of it are still open${who}; the daemon ends when they are closed ` +
        "(--force ends it now)",
    );
    return true;
  } catch (error) {
    context.output.note(`The daemon does not answer (${printable(messageOf(error))})`);
    return false;
  }
}

/** "mpv (1234), sh (77)". */
export function holdersText(holders: readonly Holder[]): string {
  return holders.map(({ pid, name }) => `${printable(name)} (${pid})`).join(", ");
}

/**
 * Aborts the kernel's connection, so that processes that wait for an answer of a dead daemon get an error. Needs
 * root; for others, detaching the mount has to do.
 */
function abortConnection(mountpoint: string, fuse: Fuse): void {
  const entry = fuse.mountAt(mountpoint);
  if (entry?.type !== FILE_SYSTEM_TYPE) return;
  try {
    const connection = entry.device.split(":")[1];
    Deno.writeTextFileSync(`/sys/fs/fuse/connections/${connection}/abort`, "1");
  } catch {
    // This user is not root, or fusectl is not mounted.
  }
}

/**
 * The path with symbolic links resolved in its parent only, since a dead mount at the path itself could hang the
 * look.
 */
function mountpointOf(path: string, fuse: Fuse): string {
  const absolute = resolve(path);
  try {
    const parent = Deno.realPathSync(dirname(absolute));
    const candidate = join(parent, basename(absolute));
    return fuse.mountAt(candidate) === undefined ? Deno.realPathSync(candidate) : candidate;
  } catch {
    return absolute;
  }
}

async function detach(mountpoint: string, fuse: Fuse): Promise<void> {
  const type = fuse.mountAt(mountpoint)?.type;
  if (type !== FILE_SYSTEM_TYPE) {
    throw new UserError(
      type === undefined
        ? `Cannot unmount ${mountpoint}: nothing is mounted there`
        : `Cannot unmount ${mountpoint}: what is mounted there is ${type}, not musicfs`,
      { exitCode: EXIT.notFound },
    );
  }
  const left = await fuse.detachMount(mountpoint);
  if (left !== undefined) throw new UserError(`Cannot unmount ${mountpoint}: ${left}`);
}
