import { EXIT, type ExitCode, selfCommand, UserError } from "../base/mod.ts";
import { encodeMountOptions, MOUNT_OPTIONS_VARIABLE, type MountOptions } from "../config/mod.ts";
import { Context, type Invocation } from "./context.ts";
import { makeWay } from "./make_way.ts";
import type { MountLine } from "./mount_line.ts";
import { checkMount } from "./mount_preflight.ts";
import { shownOwnership } from "./shown_ownership.ts";
import type { MountCommand } from "./start_daemon.ts";

interface MountFlags {
  readonly origin?: readonly string[];
  readonly template?: string;
  readonly daemon?: boolean;
  readonly allowOther?: boolean;
  readonly owner?: string;
  readonly group?: string;
  readonly fileMode?: string;
  readonly dirMode?: string;
  readonly scan: boolean;
}

/**
 * `musicfs mount MOUNTPOINT` as the whole grammar read it: this process replaces itself by the one that mounts, which
 * does not have the grammar's package in memory. With `--daemon` it starts that process instead.
 */
export async function mount(invocation: Invocation<MountFlags>): Promise<ExitCode | void> {
  const options = await checked(invocation);
  if (options.daemon) return await inBackground(invocation.context, options);
  const { program, argv, environment } = mountCommand(options);
  const { replaceProcess } = await import("../posix/mod.ts");
  replaceProcess([program, ...argv], environment);
}

/** The same as `readMountLine` read it: that package was not loaded, so this process itself mounts. */
export async function mountHere({ mountpoint, options }: MountLine): Promise<ExitCode | void> {
  const context = new Context(options);
  await context.settleUnpacking();
  const flags = options as unknown as MountFlags;
  const mountOptions = await checked({ context, args: [mountpoint], options: flags });
  if (mountOptions.daemon) return await inBackground(context, mountOptions);
  const { serveMount } = await import("../mount/mod.ts");
  return await serveMount(mountOptions);
}

/** Checks everything that can be checked before there is a mount. Throws UserError. */
async function checked(
  { context, args, options }: Invocation<MountFlags>,
): Promise<MountOptions> {
  const flags = {
    template: options.template,
    origins: options.origin,
    owner: options.owner,
    group: options.group,
    fileMode: options.fileMode,
    dirMode: options.dirMode,
  };
  const { settings } = await context.settings(flags);
  if (settings.origins.length === 0) {
    throw new UserError("Cannot mount as no origin is configured: there is no music to show", {
      exitCode: EXIT.usage,
      hint: `give one with --origin ~/Music, or in ${context.locations.config}`,
    });
  }
  const { mountpoint, remarks } = await checkMount(args[0]!, settings);
  for (const remark of remarks) context.logger.warn(remark);
  await makeWay(context, mountpoint);

  return {
    mountpoint,
    settings,
    allowOther: options.allowOther ?? false,
    shown: await shownOwnership(settings.mount),
    scan: options.scan,
    daemon: options.daemon ?? false,
    reload: context.reload(flags),
    startedAt: Math.round(performance.timeOrigin),
  };
}

async function inBackground(context: Context, options: MountOptions): Promise<ExitCode | void> {
  const { startDaemon } = await import(
    import.meta.resolve("./start_daemon.ts")
  ) as typeof import("./start_daemon.ts");
  return await startDaemon(context, options, mountCommand(options));
}

/** What starts the process that mounts. */
function mountCommand(options: MountOptions): MountCommand {
  const [program, argv] = selfCommand(["__mount", options.mountpoint]);
  const environment = {
    ...Deno.env.toObject(),
    [MOUNT_OPTIONS_VARIABLE]: encodeMountOptions(options),
  };
  return { program, argv, environment };
}
