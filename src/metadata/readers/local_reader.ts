import type { FileReader, ListedFile } from "./file_reader.ts";
import type { ParserPool } from "../parser/parser_pool.ts";
import type { FileReading } from "./read_file.ts";

/** Has parser processes read the files of a local directory themselves. */
export class LocalReader implements FileReader {
  readonly #root: string;
  readonly #followLinks: boolean;
  readonly #pool: ParserPool;

  constructor(root: string, pool: ParserPool, followLinks: boolean = false) {
    this.#root = root;
    this.#followLinks = followLinks;
    this.#pool = pool;
  }

  get size(): number {
    return this.#pool.size;
  }

  read(files: readonly ListedFile[], signal?: AbortSignal): Promise<FileReading[]> {
    return this.#pool.read(this.#root, files, this.#followLinks, signal);
  }
}
