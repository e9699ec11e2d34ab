import {
  type Entry,
  type FileLocation,
  type Node,
  ROOT_ID,
} from "../../../projections/tree/tree_types.ts";
import { type Cookie, type NodeId, toCookie } from "../../base/mod.ts";
import type { Answer } from "../filesystem.ts";
import type { NodeRecipe } from "../read/recipe_files.ts";
import type { ChangeSource, Provider } from "../providers/provider.ts";

/** A directory of the root for which another provider than the tree answers. Its name begins with a dot. */
export interface Branch {
  readonly name: string;
  /**
   * The number of the directory, which is below every number of an entry of the tree. While the provider has no such
   * node, there is no such directory.
   */
  readonly root: NodeId;
  readonly provider: Provider;
  /** No listing of the root names it, whatever else is shown: nobody who walks through everything would come to an end. */
  readonly isEndless?: boolean;
}

export interface RouterOptions {
  /** Answers for the root, and for every directory outside the branches. */
  readonly tree: Provider;
  readonly branches: readonly Branch[];
  /** Sources of changes besides the providers; none when absent. */
  readonly sources?: readonly ChangeSource[];
  /** Whether a listing of the root names the branches. They can be entered in either case. */
  readonly showHidden: boolean;
}

/**
 * Knows which provider answers for which directory. A directory of a branch is remembered from the moment it is first
 * named to the kernel until the kernel forgets it. Every other directory is the tree's, which is asked without a
 * detour.
 */
export class Router {
  readonly #tree: Provider;
  readonly #branches: readonly Branch[];
  readonly #listed: readonly Branch[];
  readonly #owners = new Map<NodeId, Provider>();
  /** All sources of changes, the tree first. */
  readonly sources: readonly ChangeSource[];

  constructor({ tree, branches, sources = [], showHidden }: RouterOptions) {
    this.#tree = tree;
    this.#branches = branches;
    this.#listed = showHidden
      ? branches.filter(({ isEndless }) => !isEndless).sort((a, b) => a.root - b.root)
      : [];
    this.sources = [tree, ...branches.map(({ provider }) => provider), ...sources];
    for (const { root, provider } of branches) this.#owners.set(root, provider);
  }

  node(id: NodeId): Node | undefined {
    const owner = this.#owners.get(id);
    if (owner !== undefined) return owner.node(id);
    const node = this.#tree.node(id);
    if (node !== undefined) return node;
    for (const { provider } of this.#branches) {
      const found = provider.node(id);
      if (found === undefined) continue;
      if (found.kind === "directory") this.#owners.set(id, provider);
      return found;
    }
    return undefined;
  }

  lookup(directory: NodeId, name: string): Answer<Entry | undefined> {
    const owner = this.#owners.get(directory);
    if (owner === undefined) {
      const branch = directory === ROOT_ID ? this.#branch(name) : undefined;
      return branch === undefined ? this.#tree.lookup(directory, name) : entryOf(branch);
    }
    const answer = owner.lookup(directory, name);
    if (!(answer instanceof Promise)) return this.#noted(owner, answer);
    return answer.then((entry) => this.#noted(owner, entry));
  }

  /** See {@link Provider.entries}. */
  entries(directory: NodeId, after: Cookie, limit: number): Answer<readonly Entry[]> {
    const owner = this.#owners.get(directory);
    if (owner === undefined) {
      const answer = this.#tree.entries(directory, after, limit);
      if (directory !== ROOT_ID || this.#listed.length === 0) return answer;
      const first = this.#listed.flatMap((branch) =>
        branch.root > after ? entryOf(branch) ?? [] : []
      );
      return answer instanceof Promise
        ? answer.then((entries) => [...first, ...entries])
        : [...first, ...answer];
    }
    const answer = owner.entries(directory, after, limit);
    if (!(answer instanceof Promise)) return this.#notedAll(owner, answer);
    return answer.then((entries) => this.#notedAll(owner, entries));
  }

  /** See {@link Provider.missingTtl}. */
  missingTtl(directory: NodeId): number {
    return this.#owners.get(directory)?.missingTtl?.(directory) ?? Infinity;
  }

  location(id: NodeId): FileLocation | undefined {
    const location = this.#tree.location(id);
    if (location !== undefined) return location;
    for (const { provider } of this.#branches) {
      const found = provider.location(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** See {@link Provider.recipe}. */
  recipe(id: NodeId): NodeRecipe | undefined {
    const recipe = this.#tree.recipe?.(id);
    if (recipe !== undefined) return recipe;
    for (const { provider } of this.#branches) {
      const found = provider.recipe?.(id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** See {@link Provider.libraryChanged}. */
  libraryChanged(): void {
    for (const { provider } of this.#branches) provider.libraryChanged?.();
  }

  /** To be called when the kernel no longer knows the node. */
  forgotten(id: NodeId): void {
    const owner = this.#owners.get(id);
    if (owner === undefined) return;
    owner.forgotten?.(id);
    if (!this.#branches.some(({ root }) => root === id)) this.#owners.delete(id);
  }

  #branch(name: string): Branch | undefined {
    // No name in the tree's root begins with a dot.
    if (name.charCodeAt(0) !== DOT) return undefined;
    return this.#branches.find((branch) => branch.name === name);
  }

  #noted(owner: Provider, entry: Entry | undefined): Entry | undefined {
    if (entry?.node.kind === "directory") this.#owners.set(entry.node.id, owner);
    return entry;
  }

  #notedAll(owner: Provider, entries: readonly Entry[]): readonly Entry[] {
    for (const entry of entries) this.#noted(owner, entry);
    return entries;
  }
}

const DOT = ".".charCodeAt(0);

function entryOf({ name, root, provider }: Branch): Entry | undefined {
  const node = provider.node(root);
  return node && { cookie: toCookie(root), name, node, ttl: Infinity };
}
