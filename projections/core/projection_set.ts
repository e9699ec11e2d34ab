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
  /** Called when a file is about to serve in place of another, which may be damaged, or of an older layout; or in place of none. */
  succeed?(db: DatabaseSync, former: DatabaseSync | undefined): void;
}

/** What one set consists of, whatever it may be asked. */
export type Projections = Pick<ProjectionSet, keyof DatabaseKind | "files" | "followers">;

/** All projections of a set, in the order in which an event goes through them. */
export function projectionsOf({ files, followers }: Projections): readonly Projection<unknown>[] {
  return files === undefined ? followers : [files, ...followers];
}

/** Some projections of a set, as one of their own. */
export function only(set: Projections, some: readonly Projection<unknown>[]): Projections {
  const { name, schema, readableFrom, files } = set;
  return {
    ...{ name, schema, readableFrom },
    ...(files !== undefined && some.includes(files) && { files }),
    followers: set.followers.filter((it) => some.includes(it)),
  };
}

/**
 * Names of those that are folded to make some of them: what follows files is told by `files` of them, and what one looks at
 * has to be there.
 */
export function foldedFor(set: Projections, some: ReadonlySet<string>): ReadonlySet<string> {
  const { files, followers } = set;
  const needsFiles = files !== undefined &&
    followers.some(({ name, handles }) => some.has(name) && !handles.isDisjointFrom(files.handles));
  const made = needsFiles ? new Set([files.name, ...some]) : some;
  const seen = projectionsOf(set).filter(({ name }) => made.has(name))
    .flatMap(({ looksAt = [] }) => looksAt);
  return new Set([...made, ...seen]);
}

/** Names of those that a file with these versions lacks, or has of another version. */
export function staleIn(set: Projections, versions: string): ReadonlySet<string> {
  const known = JSON.parse(versions) as Record<string, number>;
  const stale = projectionsOf(set).filter(({ name, version }) => known[name] !== version);
  return new Set(stale.map(({ name }) => name));
}

/** Version of each projection, as JSON. */
export function versionsOf(set: Projections): string {
  return JSON.stringify(
    Object.fromEntries(projectionsOf(set).map(({ name, version }) => [name, version])),
  );
}
