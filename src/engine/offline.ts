import { openEventLog } from "../../events/mod.ts";
import { openLibrary, verifyLibrary } from "../../projections/mod.ts";
import { libraryDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import type { ReplayResult, VerifyResult } from "../control/protocol.ts";

/** Builds the library from the log, with no daemon running. Throws UserError when one is. */
export async function replayOffline(settings: Settings): Promise<ReplayResult> {
  // Only who may append may replace the library.
  const log = openEventLog(settings.stateDir);
  try {
    const projector = await openLibrary({ directory: libraryDirectory(settings), log });
    try {
      // One that could not be trusted, or was not there, has just been built.
      const { events, files, duration_ms } = projector.rebuilt ?? await projector.rebuild();
      return { events, files, duration_ms };
    } finally {
      await projector.close();
    }
  } finally {
    await log.close();
  }
}

/** Compares the library with what the log says, with no daemon running or beside one. */
export async function verifyOffline(settings: Settings): Promise<VerifyResult> {
  const log = openEventLog(settings.stateDir, { readOnly: true });
  try {
    return await verifyLibrary({ directory: libraryDirectory(settings), log });
  } finally {
    await log.close();
  }
}
