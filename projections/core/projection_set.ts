import type { DatabaseSync } from "node:sqlite";
import type { DatabaseKind } from "./database.ts";
import type { FilesFold, Projection } from "./projection.ts";

/** The projections that share a file, all of one log. `Q` is what may be asked of them. */
export interface ProjectionSet<Q = unknown> extends DatabaseKind {
  /** Goes first, and hands on what each event does to files; absent where no event speaks of files. */
  readonly files?: Projection<FilesFold>;
  /** The others, in the order in which an event goes through them. */
  readonly followers: readonly Projection[];
  questions(db: DatabaseSync): Q;
}

/** What one set consists of, whatever it may be asked. */
export type Projections = Pick<ProjectionSet, "name" | "schema" | "files" | "followers">;

/** All projections of a set, in the order in which an event goes through them. */
export function projectionsOf({ files, followers }: Projections): readonly Projection<unknown>[] {
  return files === undefined ? followers : [files, ...followers];
}

/** Version of each projection, as JSON. */
export function versionsOf(set: Projections): string {
  return JSON.stringify(
    Object.fromEntries(projectionsOf(set).map(({ name, version }) => [name, version])),
  );
}
