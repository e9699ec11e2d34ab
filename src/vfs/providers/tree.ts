import type {
  CoverSource,
  Entry,
  FileLocation,
  Node,
  TreeChange,
  TreeReader,
} from "../../../projections/tree/tree_types.ts";
import {
  type Cookie,
  FIRST_DIRECTORY_ID,
  FIRST_FILE_ID,
  FIRST_OTHER_FILE_ID,
  type NodeId,
  pictureOfNode,
  sizedCoverOf,
} from "../../base/mod.ts";
import { Recipe } from "../../segments/mod.ts";
import type { SeenFiles } from "../core/seen_files.ts";
import type { Answer } from "../filesystem.ts";
import type { NodeRecipe } from "../read/recipe_files.ts";
import { SizedCovers, type SizedCoversOptions } from "./_sized_covers.ts";
import type { ChangeSource, Provider } from "./provider.ts";

/** Names that a cover can have, in its own size and in others. */
const COVER_NAME = /^cover(\.[a-z]+|-\d+\.jpg)$/;

export interface CoverOptions {
  /** Where covers come from, the preferred source first. */
  readonly sources: readonly CoverSource[];
  /** Other sizes of them; none when absent. */
  readonly sized?: SizedCoversOptions | undefined;
}

const NONE: CoverOptions = { sources: [] };

/**
 * The library by artist, album and title, as the template has it, and in the directories of albums their covers.
 * Covers come from the first of the sources that has one.
 */
export class TreeProvider implements Provider {
  readonly #tree: () => TreeReader;
  readonly #seen: SeenFiles;
  readonly #sources: readonly CoverSource[];
  readonly #sized: SizedCovers | undefined;
  /** The changes of covers. */
  readonly covers: ChangeSource;

  constructor(tree: () => TreeReader, seen: SeenFiles, { sources, sized }: CoverOptions = NONE) {
    this.#tree = tree;
    this.#seen = seen;
    this.#sources = sources;
    this.#sized = sized && new SizedCovers(tree, sized);
    this.covers = {
      lastChange: () => tree().covers.lastChange(),
      changesSince: (change, limit) =>
        tree().covers.changesSince(change, limit)
          ?.flatMap((it) => [it, ...this.#sized?.changed(it) ?? []]),
    };
  }

  node(id: NodeId): Node | undefined {
    const tree = this.#tree();
    if (isPicture(id)) return tree.covers.node(id);
    return isSized(id) ? this.#sized?.node(id) : tree.node(id);
  }

  lookup(directory: NodeId, name: string): Answer<Entry | undefined> {
    const tree = this.#tree();
    const entry = tree.lookup(directory, name);
    if (entry !== undefined) {
      this.#seen.add(entry.node, tree.lastChange());
      return entry;
    }
    const cover = COVER_NAME.test(name) ? this.#coverOf(directory) : undefined;
    if (cover === undefined || cover.name === name) return cover;
    const sized = this.#sized?.named(name, directory, cover);
    if (!(sized instanceof Promise)) return sized;
    return sized.then((entry) => {
      const now = this.#coverOf(directory)?.node;
      const isSame = now?.id === cover.node.id && now.version === cover.node.version;
      // The directory may have got another cover while this one was made smaller.
      return isSame ? entry : this.lookup(directory, name);
    });
  }

  entries(directory: NodeId, after: Cookie, limit: number): Answer<readonly Entry[]> {
    const tree = this.#tree();
    const entries = tree.children(directory, after, limit);
    const change = tree.lastChange();
    for (const { node } of entries) this.#seen.add(node, change);
    return this.#withCover(directory, after, limit, entries);
  }

  location(id: NodeId): FileLocation | undefined {
    return isPicture(id) || isSized(id) ? undefined : this.#tree().location(id);
  }

  recipe(id: NodeId): NodeRecipe | undefined {
    if (isSized(id)) return this.#sized?.recipe(id);
    const picture = isPicture(id) ? this.#tree().covers.picture(id) : undefined;
    if (picture === undefined) return undefined;
    const { file, from, to, version } = picture;
    return { version, recipe: new Recipe([{ kind: "file", file, from, to }]) };
  }

  /** The file that the cover beside a track is, or is a picture in. */
  coverFile(track: NodeId): FileLocation | undefined {
    const tree = this.#tree();
    const node = tree.node(track);
    const cover = node?.kind === "track" ? this.#coverOf(node.parent) : undefined;
    if (cover === undefined) return undefined;
    return tree.covers.picture(cover.node.id)?.file ?? tree.origins.location(cover.node.id);
  }

  lastChange(): number {
    return this.#tree().lastChange();
  }

  changesSince(change: number, limit: number): TreeChange[] | undefined {
    return this.#tree().changesSince(change, limit);
  }

  #coverOf(directory: NodeId): Entry | undefined {
    return this.#sources.length === 0
      ? undefined
      : this.#tree().covers.of(directory, this.#sources);
  }

  /** Adds the covers where their cookies belong: behind the tracks, whose numbers are lower, and before directories. */
  #withCover(
    directory: NodeId,
    after: Cookie,
    limit: number,
    entries: Entry[],
  ): Answer<readonly Entry[]> {
    // Without a track in it a directory has no cover. A later part of a listing follows tracks that are not seen here.
    const isFirst = after < FIRST_FILE_ID;
    if (isFirst && entries[0]?.node.kind !== "track" || after >= FIRST_DIRECTORY_ID) return entries;
    if (entries.length === limit && entries.at(-1)!.cookie < FIRST_OTHER_FILE_ID) return entries;
    const cover = this.#coverOf(directory);
    if (cover === undefined) return entries;
    const merged = (sized: readonly Entry[]) => {
      const covers = [cover, ...sized].filter(({ cookie }) => cookie > after);
      return [...entries, ...covers].sort((a, b) => a.cookie - b.cookie).slice(0, limit);
    };
    const sized = this.#sized?.listed(directory, cover) ?? [];
    return sized instanceof Promise ? sized.then(merged) : merged(sized);
  }
}

function isPicture(id: NodeId): boolean {
  return pictureOfNode(id) !== undefined;
}

function isSized(id: NodeId): boolean {
  return sizedCoverOf(id) !== undefined;
}
