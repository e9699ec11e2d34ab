import { type Logger, messageOf } from "../base/mod.ts";
import type { CollectionNames } from "../control/protocol.ts";
import { type Branch, type CollectionProblem, collectionsBranch } from "../vfs/mod.ts";
import { queryProblem } from "./query_problem.ts";
import type { ServedLibrary } from "./served_library.ts";
import type { AskOptions } from "./supervisor.ts";

export interface CollectionDirectoriesParts {
  readonly library: ServedLibrary;
  /** Sends a request to the engine. */
  readonly ask: (method: string, params: unknown, options: AskOptions) => Promise<unknown>;
  /** Has the kernel told of what changed in the directories. */
  readonly tell: () => Promise<void> | undefined;
  readonly logger: Logger;
}

/** `/.collections`, where the engine finds what a collection has. It is started for that. */
export function collectionDirectories(parts: CollectionDirectoriesParts): Branch {
  const { library, ask, tell, logger } = parts;
  async function asked<T>(
    method: string,
    params: unknown,
    signal: AbortSignal,
  ): Promise<T | CollectionProblem> {
    try {
      // The directory has a deadline for everything that is tried, and aborts the signal when it is over.
      return await ask(method, params, { deadlineMs: Infinity, signal }) as T;
    } catch (error) {
      const problem = queryProblem(error);
      if (problem === undefined) throw error;
      return { problem };
    }
  }
  return collectionsBranch({
    tree: () => library.tree,
    names: (wanted, signal) => asked<CollectionNames>("collection.names", wanted, signal),
    playlist: (name, signal) => asked("collection.playlist", { name }, signal),
    // The kernel is told once the request that is being answered has its answer.
    onChanged: () =>
      queueMicrotask(() => {
        tell()?.catch((error) => logger.error(`Cannot follow collections: ${messageOf(error)}`));
      }),
  });
}
