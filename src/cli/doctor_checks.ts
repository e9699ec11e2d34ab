/**
 * The checks of `musicfs doctor`. Each says what it found, and what to do when that isn't well.
 *
 * @module
 */
import type { Context } from "./context.ts";
import {
  checkAllowOther,
  checkDevice,
  checkKernel,
  checkMountRights,
  checkPassthrough,
  checkReadAhead,
  checkStaleMounts,
} from "./doctor_fuse.ts";
import {
  checkConfiguration,
  checkDaemon,
  checkDirectory,
  checkOpenFiles,
  checkRuntime,
  checkTemporary,
  checkWatches,
} from "./doctor_host.ts";
import { checkOrigins } from "./doctor_origins.ts";
import type { Finding } from "./finding.ts";

/** All findings, in the order in which a mount would fail. */
export async function findings(context: Context): Promise<Finding[]> {
  return [
    checkRuntime(),
    checkKernel(),
    checkDevice(),
    await checkMountRights(),
    checkAllowOther(),
    checkPassthrough(),
    checkReadAhead(),
    ...await checkStaleMounts(),
    await checkConfiguration(context),
    ...await checkOrigins(context),
    await checkDirectory("state", context.locations.stateDir),
    await checkDirectory("cache", context.locations.cacheDir),
    await checkWatches(context),
    checkTemporary(),
    checkOpenFiles(),
    await checkDaemon(context),
  ];
}
