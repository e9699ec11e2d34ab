import { messageOf } from "../base/mod.ts";
import { type Branch, byBranch } from "../vfs/mod.ts";
import type { SearchDirectoriesParts } from "./search_directories.ts";

type Found = { readonly number: number | null };
type Entries = readonly { readonly number: number; readonly name: string }[];

/** `/.by`, where the engine knows which values tracks have. It is started for that. */
export function byDirectories(
  { library, ask, tell, giveUp, logger }: SearchDirectoriesParts,
): Branch {
  // The directory has one deadline for everything that is tried, and aborts the signal when it is over.
  const how = (signal: AbortSignal) => ({ deadlineMs: Infinity, signal });
  return byBranch({
    onGivenUp: giveUp,
    tree: () => library.tree,
    entries: (directory, after, limit, signal) =>
      ask("facets.entries", { directory, after, limit }, how(signal)) as Promise<Entries>,
    async find(directory, name, signal) {
      return (await ask("facets.find", { directory, name }, how(signal)) as Found).number;
    },
    // The kernel is told once the request that is being answered has its answer.
    onChanged: () =>
      queueMicrotask(() => {
        tell()?.catch((error) => logger.error(`Cannot follow facets: ${messageOf(error)}`));
      }),
  });
}
