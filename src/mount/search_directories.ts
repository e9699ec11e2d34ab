import { type Logger, messageOf, type NodeId } from "../base/mod.ts";
import type { FoundNames } from "../control/protocol.ts";
import { type Branch, type SearchAnswer, searchBranch } from "../vfs/mod.ts";
import { queryProblem } from "./query_problem.ts";
import type { ServedLibrary } from "./served_library.ts";
import type { AskOptions } from "./supervisor.ts";

export interface SearchDirectoriesParts {
  readonly library: ServedLibrary;
  /** Sends a request to the engine. */
  readonly ask: (method: string, params: unknown, options: AskOptions) => Promise<unknown>;
  /** Has the kernel told of what changed in the directories. */
  readonly tell: () => Promise<void> | undefined;
  /** Has the kernel forget nodes that nobody uses. */
  readonly giveUp: (nodes: readonly NodeId[]) => void;
  readonly logger: Logger;
}

/** `/.search`, where the engine finds what a directory has. It is started for that. */
export function searchDirectories(parts: SearchDirectoriesParts): Branch {
  const { library, ask, tell, giveUp, logger } = parts;
  return searchBranch({
    onGivenUp: giveUp,
    tree: () => library.tree,
    async ask(query, signal): Promise<SearchAnswer> {
      try {
        // The directory has one deadline for everything that is tried, and aborts the signal when it is over.
        const options = { deadlineMs: Infinity, signal };
        return await ask("search.names", { query }, options) as FoundNames;
      } catch (error) {
        const problem = queryProblem(error);
        if (problem === undefined) throw error;
        return { problem };
      }
    },
    // The kernel is told once the request that is being answered has its answer.
    onChanged: () =>
      queueMicrotask(() => {
        tell()?.catch((error) => logger.error(`Cannot follow searches: ${messageOf(error)}`));
      }),
  });
}
