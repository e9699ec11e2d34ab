import { EXIT, type ExitCode, selfCommand, UserError } from "../base/mod.ts";
import { encodeMountOptions, MOUNT_OPTIONS_VARIABLE, type MountOptions } from "../config/mod.ts";
import type { Invocation } from "./context.ts";
import { makeWay } from "./make_way.ts";
import { shownOwnership } from "./shown_ownership.ts";
import { checkMount } from "./mount_preflight.ts";

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
 * `musicfs mount MOUNTPOINT`: checks everything that can be checked while the parsers are loaded, and then becomes
 * the process that mounts, which loads none of them. With `--daemon` it starts that process instead.
 */
export async function mount(
  { context, args, options }: Invocation<MountFlags>,
): Promise<ExitCode | void> {
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

  const handover: MountOptions = {
    mountpoint,
    settings,
    allowOther: options.allowOther ?? false,
    shown: await shownOwnership(settings.mount),
    scan: options.scan,
    daemon: options.daemon ?? false,
    reload: context.reload(flags),
    startedAt: Math.round(performance.timeOrigin),
  };
  const [program, argv] = selfCommand(["__mount", mountpoint]);
  const environment = {
    ...Deno.env.toObject(),
    [MOUNT_OPTIONS_VARIABLE]: encodeMountOptions(handover),
  };
  if (handover.daemon) {
    const { startDaemon } = await import("./start_daemon.ts");
    return await startDaemon(context, handover, { program, argv, environment });
  }
  const { replaceProcess } = await import("../posix/mod.ts");
  replaceProcess([program, ...argv], environment);
}
