import { UserError } from "../base/mod.ts";
import type { MountEngine } from "./mount_engine.ts";
import type { ServedLibrary } from "./served_library.ts";

/** With fewer descriptors, a file that can't be opened is likely one too many. */
const OPEN_FILES_MIN = 128;

export interface OpenLibraryParts {
  readonly library: ServedLibrary;
  readonly engine: MountEngine;
  /** How many files the process may have open. */
  readonly openFiles: number;
  /** How long the mount waits for the library once the engine builds it, in ms. */
  readonly waitMs: number;
  /** Called when the build fails after the mount has stopped waiting for it. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * Opens the library. Without one, the engine builds it from the log, and the mount waits `waitMs` for it; a build
 * that takes longer goes on while the mount serves.
 *
 * @throws UserError when there is no library and none can be built.
 */
export async function openLibrary(parts: OpenLibraryParts): Promise<void> {
  const { library, engine, openFiles, waitMs, onFailure } = parts;
  if (library.open()) return;
  engine.wake();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const later = engine.building.then(() =>
    new Promise<"later">((resolve) => timer = setTimeout(resolve, waitMs, "later"))
  );
  const outcome = await Promise.race([engine.ready, later]);
  clearTimeout(timer);
  if (library.open()) return;
  if (outcome === "later") return void engine.ready.catch(onFailure);
  // SQLite does not say why it can't open a file; with so few descriptors their number is the likely reason.
  const isNarrow = openFiles < OPEN_FILES_MIN;
  throw new UserError(`Cannot open the library in ${library.directory}`, {
    hint: isNarrow
      ? `${openFiles} open files are too few: raise the limit (ulimit -n, or LimitNOFILE in a unit)`
      : "musicfs doctor checks the cache directory",
  });
}
