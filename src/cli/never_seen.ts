import { basename, dirname, join } from "node:path";
import { closest, EXIT, UserError } from "../base/mod.ts";
import { type EventLog, openEventLog } from "../../events/mod.ts";
import { LibraryQueries } from "../../projections/read/library_queries.ts";
import { libraryDirectory, type Settings } from "../config/mod.ts";

/** How many names beside a missing path are compared with it, to suggest the one that was meant. */
const NAMES_LOOKED_AT = 1_000;

/**
 * Refuses an origin that does not exist and that the library does not know: most likely its path is mistyped, and a
 * mistyped origin must not replace a known one. A known origin that does not exist is a disk that will come back.
 */
export async function refuseNeverSeen(id: string, root: string, settings: Settings): Promise<void> {
  if (await wasSeen(root, settings)) return;
  const meant = await closestTo(root);
  throw new UserError(`Cannot use the origin ${id}: ${root} does not exist`, {
    exitCode: EXIT.usage,
    hint: meant === undefined
      ? "an origin that was never seen has to be there when it is mounted for the first time"
      : `did you mean ${meant}?`,
  });
}

/** Whether files of an origin with this root were ever found. */
async function wasSeen(root: string, settings: Settings): Promise<boolean> {
  const queries = LibraryQueries.open(libraryDirectory(settings));
  if (queries === undefined) return await isInLog(root, settings.stateDir);
  try {
    return queries.origins().some((origin) =>
      origin.root === root && (origin.last_scan_at !== null || queries.scanning.hasFiles(origin.id))
    );
  } finally {
    queries.close();
  }
}

/** Looks for the origin in the log: the cache directory may have been deleted, or be of another version. */
async function isInLog(root: string, stateDir: string): Promise<boolean> {
  let log: EventLog;
  try {
    log = openEventLog(stateDir, { readOnly: true });
  } catch (error) {
    // The engine explains an unreadable log better.
    return !(error instanceof UserError && error.exitCode === EXIT.notFound);
  }
  try {
    for (const event of log.read()) {
      if (event.type === "OriginConfigured" && event.data.root === root) return true;
    }
    return false;
  } finally {
    await log.close();
  }
}

/** The existing path whose name is closest to this one; parents that are missing are corrected too. */
async function closestTo(path: string): Promise<string | undefined> {
  const parent = dirname(path);
  if (parent === path) return undefined;
  const names: string[] = [];
  try {
    for await (const { name, isFile } of Deno.readDir(parent)) {
      if (!isFile) names.push(name);
      if (names.length === NAMES_LOOKED_AT) break;
    }
  } catch (error) {
    return error instanceof Deno.errors.NotFound ? await closestTo(parent) : undefined;
  }
  const name = closest(basename(path), names);
  return name && join(parent, name);
}
