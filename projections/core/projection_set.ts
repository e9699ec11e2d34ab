import type { DatabaseSync } from "node:sqlite";
import type { DatabaseKind } from "./database.ts";
import type { FilesFold, Projection } from "./projection.ts";

/** The projections that share a file, all of one log. `Q` is the class of queries about them. */
export interface ProjectionSet<Q = unknown> extends DatabaseKind {
  /**
   * The projection that goes first and hands on what each event does to files; absent where no event concerns files.
   */
  readonly files?: Projection<FilesFold>;
  /** The other projections, in the order in which an event goes through them. */
  readonly followers: readonly Projection[];
  questions(db: DatabaseSync): Q;
  /**
   * Called before a file begins to serve. `former` is the file that it replaces, which may be damaged or of an older
   * layout; undefined when there is none.
   */
  succeed?(db: DatabaseSync, former: DatabaseSync | undefined): void;
}

/** The projections of a set, without its queries. */
export type Projections = Pick<ProjectionSet, keyof DatabaseKind | "files" | "followers">;

/** All projections of a set, in the order in which an event goes through them. */
export function projectionsOf({ files, followers }: Projections): readonly Projection<unknown>[] {
  return files === undefined ? followers : [files, ...followers];
}

/** A set of some projections of a set. */
export function only(set: Projections, some: readonly Projection<unknown>[]): Projections {
  const { name, schema, readableFrom, files } = set;
  return {
    ...{ name, schema, readableFrom },
    ...(files !== undefined && some.includes(files) && { files }),
    followers: set.followers.filter((it) => some.includes(it)),
  };
}

/** Makes the rows of each projection that is filled from the rows of others, in steps. */
export function* filling(set: Projections, db: DatabaseSync): Iterable<unknown> {
  for (const { fill } of set.followers) yield* fill?.(db) ?? [];
}

/**
 * Names of the projections that must be made to make `some`: `files` is added when one of them needs its transitions,
 * and each projection whose rows one of them reads. One that is filled from the rows of others needs neither, and is
 * always among them, since those rows may become others.
 */
export function foldedFor(set: Projections, some: ReadonlySet<string>): ReadonlySet<string> {
  const { files, followers } = set;
  if (some.size === 0) return some;
  const needsFiles = files !== undefined &&
    followers.some(({ name, handles, fill }) =>
      some.has(name) && fill === undefined && !handles.isDisjointFrom(files.handles)
    );
  const made = needsFiles ? new Set([files.name, ...some]) : some;
  const seen = projectionsOf(set).filter(({ name }) => made.has(name))
    .flatMap(({ looksAt = [] }) => looksAt);
  const filled = followers.filter(({ fill }) => fill !== undefined).map(({ name }) => name);
  return new Set([...made, ...seen, ...filled]);
}

/** Names of the projections that a file with these versions lacks, or has in another version. */
export function staleIn(set: Projections, versions: string): ReadonlySet<string> {
  const known = JSON.parse(versions) as Record<string, number>;
  const stale = projectionsOf(set).filter(({ name, version }) => known[name] !== version);
  return new Set(stale.map(({ name }) => name));
}

/** The versions in a file, as JSON, without those of projections that a program with this set does not fold. */
export function withoutUnknown(set: Projections, versions: string): string {
  const names = new Set(projectionsOf(set).map(({ name }) => name));
  const known = Object.entries(JSON.parse(versions)).filter(([name]) => names.has(name));
  return JSON.stringify(Object.fromEntries(known));
}

/** The version of each projection, as JSON. */
export function versionsOf(set: Projections): string {
  return JSON.stringify(
    Object.fromEntries(projectionsOf(set).map(({ name, version }) => [name, version])),
  );
}
