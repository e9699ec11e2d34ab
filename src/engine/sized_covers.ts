import { Buffer } from "node:buffer";
import {
  type ContentVersion,
  type FileId,
  fileOfSizedCover,
  FileSystemError,
  type Logger,
  messageOf,
} from "../base/mod.ts";
import type { Fetcher, StoreKeeper } from "../cache/mod.ts";
import { nameOf } from "../cache/store/mod.ts";
import type { ResizeReply, WantedCover } from "../control/protocol.ts";
import { type ParserPool, resizerPool } from "../metadata/mod.ts";
import type { CacheQueries, FileState } from "../../projections/mod.ts";

export interface SizedCoversParts {
  readonly fetcher: Pick<Fetcher, "bytes">;
  readonly keeper: Pick<StoreKeeper, "bytes" | "keep">;
  readonly content: () => Pick<CacheQueries, "storedParts">;
  /** A file of the library, to name it. */
  readonly file: (file: FileId) => Pick<FileState, "origin" | "path"> | undefined;
  readonly logger: Logger;
}

/**
 * Makes covers smaller, each size once however many ask for it at a time, and keeps them in the store. There each is one
 * chunk under a number of its own, and is given up like what tag scanners read.
 */
export class SizedCovers {
  readonly #parts: SizedCoversParts;
  readonly #making = new Map<string, Promise<ResizeReply>>();
  #resizers: ParserPool | undefined;

  constructor(parts: SizedCoversParts) {
    this.#parts = parts;
  }

  /** The stored cover, which is made unless it is there. Never rejects for what the cover is, or where it lies. */
  make(wanted: WantedCover): Promise<ResizeReply> {
    const key = `${wanted.node}/${wanted.version}`;
    const known = this.#making.get(key);
    if (known !== undefined) return known;
    const making = this.#make(wanted).finally(() => this.#making.delete(key));
    this.#making.set(key, making);
    return making;
  }

  async close(): Promise<void> {
    await this.#resizers?.close();
    await Promise.allSettled(this.#making.values());
  }

  async #make({ node, version, pixels, source }: WantedCover): Promise<ResizeReply> {
    const made = fileOfSizedCover(node);
    const { fetcher, keeper, content, file, logger } = this.#parts;
    const [part] = content().storedParts(made, version as ContentVersion, 0, 1, 1);
    // The log's word is not enough: the mount may ask because the chunk is gone or damaged.
    if (part !== undefined && keeper.bytes(part) !== undefined) {
      return { hash: part.hash, size: part.length };
    }
    try {
      const picture = await fetcher.bytes(source);
      const resized = await (this.#resizers ??= resizerPool()).resize(picture, pixels);
      if ("unfit" in resized) {
        const { origin, path } = file(source.file) ?? { origin: "?", path: "?" };
        logger.warn(`Cannot make a cover smaller, ${path} of ${origin}: ${resized.unfit}`);
        return resized;
      }
      const bytes = new Uint8Array(Buffer.from(resized.jpeg, "base64"));
      const hash = await nameOf(bytes);
      if (await keeper.keep({ file: made, version, hash, bytes })) {
        return { hash, size: bytes.length };
      }
      return { errno: "EIO", message: "there is no room in the cache for a smaller cover" };
    } catch (error) {
      const errno = error instanceof FileSystemError ? error.errno : "EIO";
      return { errno, message: messageOf(error) };
    }
  }
}
