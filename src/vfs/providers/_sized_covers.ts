import type { Entry, Node, TreeChange, TreeReader } from "../../../projections/tree/tree_types.ts";
import {
  contentMadeOf,
  fileOfSizedCover,
  FileSystemError,
  messageOf,
  type NodeId,
  nodeOfSizedCover,
  type NodeVersion,
  RESIZE_DEADLINE_MS,
  setNewest,
  SIZED_COVERS_MAX,
  sizedCoverOf,
  toCookie,
} from "../../base/mod.ts";
import type { ResizeReply, WantedCover } from "../../control/protocol.ts";
import { Recipe } from "../../segments/mod.ts";
import type { Answer } from "../filesystem.ts";
import type { NodeRecipe } from "../read/recipe_files.ts";

export interface SizedCoversOptions {
  /** The longer sides in pixels. */
  readonly sizes: readonly number[];
  /** Whether a listing names them. */
  readonly isListed: boolean;
  /** Has a smaller cover at hand in the store. May reject: then nobody could be asked. */
  readonly resize: (wanted: WantedCover, signal: AbortSignal) => Promise<ResizeReply>;
}

/** A smaller cover as the store has it, or that its cover can't be made smaller. */
type Made =
  & { readonly version: NodeVersion }
  & ({ readonly hash: string; readonly size: number } | { readonly unfit: string });

/**
 * For how long the kernel may keep such a name, in seconds. After that it asks again, so that one which was given up by
 * the store and forgotten here is made again.
 */
const NAME_TTL = 60;

/**
 * Covers in smaller sizes, `cover-300.jpg`. One is made when somebody looks its name up, since its size must be known
 * before the first byte is read. From then on the store has it, and when the store has given it up, it is made again.
 */
export class SizedCovers {
  readonly #tree: () => TreeReader;
  readonly #options: SizedCoversOptions;
  /** Those that were made or asked for last. */
  readonly #made = new Map<NodeId, Made>();

  constructor(tree: () => TreeReader, options: SizedCoversOptions) {
    this.#tree = tree;
    this.#options = options;
  }

  /** The cover of a directory under this name; undefined when it is the name of no size. */
  named(name: string, directory: NodeId, cover: Entry): Answer<Entry | undefined> {
    const pixels = this.#options.sizes.find((size) => nameOf(size) === name);
    return pixels === undefined ? undefined : this.#entry(directory, cover, pixels);
  }

  /** What a listing of the directory names. One that can't be made now is left out. */
  listed(directory: NodeId, cover: Entry): Answer<readonly Entry[]> {
    const { sizes, isListed } = this.#options;
    if (!isListed) return [];
    const entries = sizes.map((pixels) => this.#entry(directory, cover, pixels));
    if (!entries.some((entry) => entry instanceof Promise)) return present(entries as Entry[]);
    return Promise.allSettled(entries).then((results) =>
      present(results.map((it) => it.status === "fulfilled" ? it.value : undefined))
    );
  }

  node(id: NodeId): Node | undefined {
    const cover = this.#coverOf(id);
    const made = cover && this.#known(id, cover.version);
    return made === undefined || "unfit" in made
      ? undefined
      : { ...cover!, id, kind: "picture", size: made.size };
  }

  recipe(id: NodeId): NodeRecipe | undefined {
    const cover = this.#coverOf(id);
    const made = cover && this.#known(id, cover.version);
    if (made === undefined || "unfit" in made) return undefined;
    const { hash, size, version } = made;
    const again = () => this.#again(id, cover!, hash);
    return {
      version,
      recipe: new Recipe([{ kind: "object", hash, size, from: 0, to: size, again }]),
    };
  }

  /** A change of a cover is one of every size of it. */
  changed(change: TreeChange): TreeChange[] {
    return this.#options.sizes.flatMap((pixels) => {
      const node = nodeOfSizedCover(change.node, pixels);
      return node === undefined ? [] : { ...change, name: nameOf(pixels), node };
    });
  }

  #entry(directory: NodeId, cover: Entry, pixels: number): Answer<Entry | undefined> {
    const id = nodeOfSizedCover(cover.node.id, pixels);
    if (id === undefined) return undefined;
    const entryOf = (made: Made): Entry | undefined => {
      if ("unfit" in made) return undefined;
      const node: Node = { ...cover.node, id, kind: "picture", parent: directory, size: made.size };
      return { cookie: toCookie(id), name: nameOf(pixels), node, ttl: NAME_TTL };
    };
    const made = this.#known(id, cover.node.version);
    return made === undefined ? this.#make(id, cover.node).then(entryOf) : entryOf(made);
  }

  #coverOf(id: NodeId): Node | undefined {
    const sized = sizedCoverOf(id);
    const tree = this.#tree();
    return sized && (tree.covers.node(sized.cover) ?? tree.origins.node(sized.cover));
  }

  #known(id: NodeId, version: NodeVersion): Made | undefined {
    const made = this.#made.get(id);
    if (made?.version === version) return made;
    const [part] = this.#tree()
      .storedParts(fileOfSizedCover(id), contentMadeOf(version), 0, 1, 1);
    return part && { version, hash: part.hash, size: part.length };
  }

  /** Rejects with FileSystemError. */
  async #make(id: NodeId, { id: cover, version }: Node): Promise<Made> {
    const { pixels } = sizedCoverOf(id)!;
    const reply = await this.#asked({
      ...{ node: id, version: contentMadeOf(version), pixels },
      source: this.#source(cover),
    });
    if ("errno" in reply) throw new FileSystemError(reply.errno, reply.message);
    const made = { version, ...reply };
    setNewest(this.#made, id, made, SIZED_COVERS_MAX);
    return made;
  }

  async #asked(wanted: WantedCover): Promise<ResizeReply> {
    try {
      return await this.#options.resize(wanted, AbortSignal.timeout(RESIZE_DEADLINE_MS));
    } catch (error) {
      const why = `Cannot make a cover smaller: ${messageOf(error)}`;
      throw new FileSystemError("EIO", why, { cause: error });
    }
  }

  /** Has one made again that the store has lost; those who have it open must get the bytes that they were told of. */
  async #again(id: NodeId, cover: Node, hash: string): Promise<void> {
    const made = await this.#make(id, cover);
    if ("unfit" in made || made.hash !== hash) {
      throw new FileSystemError("ESTALE", "the smaller cover is another one by now");
    }
  }

  /** Where the bytes of a cover lie: it is a picture in a track's file, or a file. */
  #source(cover: NodeId): WantedCover["source"] {
    const tree = this.#tree();
    const picture = tree.covers.picture(cover);
    const file = picture?.file ?? tree.origins.location(cover);
    if (file === undefined) throw new FileSystemError("ENOENT", "the cover is gone");
    const { from, to } = picture ?? { from: 0, to: file.size };
    return { file: file.file, version: file.content, from, to };
  }
}

function nameOf(pixels: number): string {
  return `cover-${pixels}.jpg`;
}

function present(entries: readonly (Entry | undefined)[]): Entry[] {
  return entries.filter((entry) => entry !== undefined);
}
