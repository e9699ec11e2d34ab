/** A directory that is scanned as a local or an nfs origin, with the library that its events make. */
import { dirname } from "node:path";
import { Exclusions, systemClock } from "../../src/base/mod.ts";
import { LocalOrigin, NfsOrigin, type Origin } from "../../src/origins/mod.ts";
import { scanOrigin, type ScanOutcome } from "../../src/scan/mod.ts";
import { ParserPool, readerOf } from "../../src/metadata/mod.ts";
import { MemoryLibrary } from "./memory_library.ts";

export type Kind = "local" | "nfs";

export class Place {
  readonly root: string;
  readonly #kind: Kind;
  readonly library = new MemoryLibrary();
  readonly #pool = new ParserPool({ size: 1 });
  #scan = 1;

  constructor(dir?: string, kind: Kind = "local") {
    this.#kind = kind;
    this.root = Deno.makeTempDirSync({ ...(dir !== undefined && { dir }) });
  }

  write(path: string, bytes: Uint8Array): void {
    const slash = path.lastIndexOf("/");
    if (slash > 0) Deno.mkdirSync(`${this.root}/${path.slice(0, slash)}`, { recursive: true });
    Deno.writeFileSync(`${this.root}/${path}`, bytes);
  }

  rename(from: string, to: string): void {
    Deno.renameSync(`${this.root}/${from}`, `${this.root}/${to}`);
  }

  link(from: string, to: string): void {
    Deno.mkdirSync(dirname(`${this.root}/${to}`), { recursive: true });
    Deno.linkSync(`${this.root}/${from}`, `${this.root}/${to}`);
  }

  async scan(
    mode: "changes" | "full" | "directories" = "changes",
    directories: string[] = [],
    exclusions = new Exclusions(),
  ): Promise<ScanOutcome> {
    if (this.#kind === "local") {
      return await this.#scanOf(new LocalOrigin("local", this.root), mode, directories, exclusions);
    }
    const origin = new NfsOrigin("nas", this.root, 30_000);
    try {
      return await this.#scanOf(origin, mode, directories, exclusions);
    } finally {
      await origin.close();
    }
  }

  #scanOf(
    origin: Origin,
    mode: "changes" | "full" | "directories",
    directories: string[],
    exclusions: Exclusions,
  ): Promise<ScanOutcome> {
    return scanOrigin({
      origin,
      known: this.library,
      reader: readerOf(origin, this.#pool),
      append: (events) => Promise.resolve(this.library.append(events)),
      nextFile: () => this.library.nextFile(),
      claimed: new Set(),
      clock: systemClock,
    }, {
      scan: this.#scan++,
      mode,
      directories,
      exclusions,
      removalsHold: 0.25,
      removalsConfirmed: () => false,
    });
  }

  number(path: string): number | undefined {
    return this.library.live().get(path)?.file;
  }

  [Symbol.dispose](): void {
    this.#pool.close();
    Deno.removeSync(this.root, { recursive: true });
  }
}
