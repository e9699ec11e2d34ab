import { directoryHash } from "../../../projections/tree/directory_hash.ts";
import {
  BY_DIRECTORIES_MAX,
  BY_ID,
  BY_NUMBERS,
  type FacetName,
  type NodeId,
  nodeOfBy,
} from "../../base/mod.ts";

/** How many directories are given up at a time, so that the kernel is not told at each new one. */
const GIVEN_UP = 512;

/** A value that the tracks below a directory have. */
export interface ByValue {
  readonly facet: FacetName;
  readonly value: number;
}

/**
 * What a directory shows: the facets that are `left` besides those of its path, the values of a facet, or the tracks.
 */
export type ByContent = "left" | "tracks" | FacetName;

export interface ByDirectory {
  readonly id: NodeId;
  readonly parent: NodeId;
  /** What identifies it. */
  readonly path: string;
  readonly content: ByContent;
  /** The values of its path, in their order. */
  readonly wanted: readonly ByValue[];
}

/** The directories of `/.by` that somebody named: a bounded number of them. */
export class ByDirectories {
  readonly root: ByDirectory = {
    ...{ id: BY_ID, parent: BY_ID, path: "", content: "left", wanted: [] },
  };
  /** The one that was used last stands at the end; whatever a directory lies in stands behind it. */
  readonly #byId = new Map<NodeId, ByDirectory>();
  readonly #onGivenUp: (directories: readonly NodeId[]) => void;

  /** `onGivenUp` gets directories that are not kept any more, which the kernel may still know. */
  constructor(onGivenUp: (directories: readonly NodeId[]) => void) {
    this.#onGivenUp = onGivenUp;
  }

  get(id: NodeId): ByDirectory | undefined {
    return id === BY_ID ? this.root : this.#byId.get(id);
  }

  /** A directory in another one, which is made when there is none. Its number depends on what it is alone. */
  child(
    parent: ByDirectory,
    content: ByContent,
    wanted: readonly ByValue[] = parent.wanted,
  ): ByDirectory {
    const path = `${wanted.map((it) => `${it.facet}=${it.value}`).join("/")}/${content}`;
    let hash = directoryHash(path) % BY_NUMBERS;
    for (;;) {
      const id = nodeOfBy(hash);
      const found = this.#byId.get(id);
      if (found?.path === path) return found;
      if (found === undefined) return this.#made({ id, parent: parent.id, path, content, wanted });
      hash = (hash + 1) % BY_NUMBERS;
    }
  }

  /**
   * To be called when somebody looks into a directory. Those in which it lies are used as well: who walks through many
   * directories comes back to them.
   */
  use(directory: ByDirectory): void {
    let used: ByDirectory | undefined = directory;
    while (used !== undefined && this.#byId.delete(used.id)) {
      this.#byId.set(used.id, used);
      used = this.#byId.get(used.parent);
    }
  }

  /** To be called when the kernel no longer knows the directory. */
  forgotten(id: NodeId): void {
    this.#byId.delete(id);
  }

  #made(directory: ByDirectory): ByDirectory {
    this.#byId.set(directory.id, directory);
    if (this.#byId.size > BY_DIRECTORIES_MAX) this.#giveUp();
    return directory;
  }

  #giveUp(): void {
    const givenUp: NodeId[] = [];
    for (const id of this.#byId.keys()) {
      if (givenUp.length === GIVEN_UP) break;
      givenUp.push(id);
    }
    for (const id of givenUp) this.#byId.delete(id);
    this.#onGivenUp(givenUp);
  }
}
