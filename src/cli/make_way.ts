import { UserError } from "../base/mod.ts";
import type { LibraryHolder, Status } from "../control/mod.ts";
import type { Context } from "./context.ts";
import { statusAt } from "./daemon.ts";
import { printable } from "./output.ts";

/**
 * How long to wait for a daemon that is ending: its engine gets five seconds to end in order; an engine that is
 * killed needs none.
 */
const PATIENCE_MS = 15_000;
const POLL_MS = 50;

/**
 * Makes sure that no other process has the library. Waits for a daemon that is ending, and has a daemon give the
 * library up that only serves the open files of a detached mount. Throws UserError that names the daemon when one
 * serves the library.
 */
export async function makeWay(context: Context, mountpoint: string): Promise<void> {
  const { libraryHolder } = await import("../control/mod.ts");
  const end = Date.now() + PATIENCE_MS;
  for (;;) {
    const holder = await libraryHolder(context.locations.stateDir);
    const socket = holder?.socket ?? context.locations.socket;
    const status = await statusAt(socket);
    if (holder === undefined && status === undefined) return;
    if (status !== undefined && status.mounts.length > 0) throw refusal(mountpoint, status);
    if (status?.detached) await takeOver(context, socket);
    if (Date.now() > end) throw await inUse(mountpoint, holder);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

async function takeOver(context: Context, socket: string): Promise<void> {
  const { findControl } = await import("../control/mod.ts");
  const daemon = await findControl(socket);
  try {
    const released = await daemon?.request("release", {}, { deadlineMs: PATIENCE_MS });
    if (released === undefined) return;
    context.output.note(
      `Process ${released.pid} serves what is still open in its former mount at ` +
        `${printable(released.mountpoint)}, until it is closed`,
    );
  } finally {
    await daemon?.close();
  }
}

function refusal(mountpoint: string, { mounts: [mount], state_dir }: Status): UserError {
  return new UserError(
    `Cannot mount at ${mountpoint}: process ${mount!.pid} serves ${state_dir} already, ` +
      `at ${mount!.mountpoint}`,
    {
      hint: `musicfs unmount ${mount!.mountpoint} ends it; a second library needs a --state-dir, ` +
        "a --cache-dir and a --socket of its own",
    },
  );
}

async function inUse(mountpoint: string, holder: LibraryHolder | undefined): Promise<UserError> {
  const { holderText } = await import("../control/mod.ts");
  const who = holder === undefined ? "a daemon listens at its socket" : holderText(holder);
  return new UserError(`Cannot mount at ${mountpoint}: ${who}, and does not answer`, {
    hint: "wait until it is done, or end it by its process id",
  });
}
