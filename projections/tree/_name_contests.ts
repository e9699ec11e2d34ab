import type { TrackId } from "../../src/base/mod.ts";
import {
  arrange,
  familyOf,
  type NameFamily,
  type NameFold,
  sameFamily,
} from "../naming/name_family.ts";
import type { Directory } from "./_directories.ts";
import type { NamedNode, TrackNode } from "./_track_nodes.ts";

/** A family of names in which a track came or went, and the tracks that have no name yet. */
export interface Contest {
  readonly directory: Directory;
  readonly family: NameFamily;
  readonly nameless: Map<TrackId, TrackNode>;
}

/** How a contest ends: tracks that lose their names, and then nodes that get names. */
export interface Decision {
  readonly losers: readonly { track: TrackId; name: string }[];
  readonly winners: readonly { node: TrackNode; name: string }[];
}

/** The contests of the current event. */
export class NameContests {
  readonly #contests = new Map<string, Contest>();

  /** The contest about a name in a directory; undefined when there is none. */
  about(directory: Directory, name: string, fold: NameFold): Contest | undefined {
    if (this.#contests.size === 0) return undefined;
    return this.#contests.get(keyOf(directory, familyOf(name, fold)));
  }

  /** The same, which begins when there is none yet. */
  begin(directory: Directory, name: string, fold: NameFold): Contest {
    const family = familyOf(name, fold);
    const key = keyOf(directory, family);
    let contest = this.#contests.get(key);
    if (contest === undefined) {
      this.#contests.set(key, contest = { directory, family, nameless: new Map() });
    }
    return contest;
  }

  /** The tracks in a directory, at any depth, that wait for a name. */
  *namelessBelow(directory: Directory): Iterable<TrackId> {
    for (const { directory: at, nameless } of this.#contests.values()) {
      if (at.isAtOrBelow(directory)) yield* nameless.keys();
    }
  }

  [Symbol.iterator](): Iterator<Contest> {
    return this.#contests.values();
  }

  clear(): void {
    this.#contests.clear();
  }
}

/** Decides a contest. `relatives` are all nodes of its directory whose names can be of its family. */
export function decided(
  { family, nameless }: Contest,
  relatives: readonly NamedNode[],
  fold: NameFold,
): Decision {
  const named = new Map<TrackId, { node: TrackNode; name: string }>();
  const taken = new Set<string>();
  for (const { node, name, isDirectory } of relatives) {
    if (isDirectory) taken.add(name);
    else if (sameFamily(familyOf(node.wanted, fold), family)) named.set(node.track, { node, name });
  }
  const nodes = new Map(nameless);
  for (const [track, { node }] of named) nodes.set(track, node);
  const names = arrange([...nodes.values()], taken, fold);
  const losers: { track: TrackId; name: string }[] = [];
  for (const [track, { name }] of named) {
    if (names.get(track) === name) nodes.delete(track);
    else losers.push({ track, name });
  }
  const winners = [...nodes].map(([track, node]) => ({ node, name: names.get(track)! }));
  return { losers, winners };
}

function keyOf({ id }: Directory, { stem, extension }: NameFamily): string {
  return `${id}/${stem}/${extension}`;
}
