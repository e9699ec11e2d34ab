/** A mount of three albums on an origin that is not local, for tests of its cache. */
import { flacFile } from "../../scripts/audio/mod.ts";
import type { CacheFigures } from "../../src/cli/cache_figures.ts";
import { chunkFilesIn } from "./chunk_files.ts";
import { Installation } from "./daemon.ts";
import { needs } from "./needs.ts";
import { write } from "./tree.ts";

export const ready = needs("/dev/fuse", "timeout");

export const TRACK = "Ann/First/01 - One.flac";
export const OTHER = "Ann/Second/01 - Two.flac";
export const LONG = "Ben/Long/01 - Three.flac";
/** Padding, so that a file has content besides what scanners of tags read. */
export const MB = 1_000_000;

/** Three albums on one origin that is not local; two are of one artist. */
export class Place extends Installation {
  readonly #limits: string;

  constructor(options: { origin?: string; cache?: string; longBytes?: number } = {}) {
    super();
    this.#limits = options.cache === undefined ? "" : `[cache]\nsize = "${options.cache}"\n`;
    const tags = { track: 1, year: 2001 };
    const files: [string, Uint8Array<ArrayBuffer>][] = [
      [
        "a/one.flac",
        flacFile({ ...tags, title: "One", artist: "Ann", album: "First" }, { seed: 1 }),
      ],
      [
        "b/two.flac",
        flacFile({ ...tags, title: "Two", artist: "Ann", album: "Second" }, { seed: 2 }),
      ],
      [
        "c/three.flac",
        this.#long(
          { ...tags, title: "Three", artist: "Ben", album: "Long" },
          options.longBytes ?? 8 * MB,
        ),
      ],
    ];
    for (const [path, bytes] of files) write(`${this.origin}/${path}`, bytes);
    this.origins(options.origin ?? "");
  }

  /** The configuration, with more lines for the origin. */
  origins(more: string, type: "nfs" | "local" = "nfs"): void {
    this.configure(
      `template = "$artist/$album/$track - $title.$format"\n${this.#limits}` +
        `[[origins]]\nid = "nas"\ntype = "${type}"\npath = "${this.origin}"\n${more}\n`,
    );
  }

  stats(): Promise<CacheFigures> {
    return this.json<CacheFigures>(["cache", "stats"]);
  }

  read(path: string): Uint8Array {
    return Deno.readFileSync(`${this.mountpoint}/${path}`);
  }

  /** Paths of chunk files, sorted. */
  chunkFiles(): string[] {
    return chunkFilesIn(`${this.cacheDir}/chunks`);
  }

  #long(tags: Parameters<typeof flacFile>[0], bytes: number): Uint8Array<ArrayBuffer> {
    const noise = new Uint8Array(bytes);
    for (let at = 0; at < noise.length; at += 65_536) {
      crypto.getRandomValues(noise.subarray(at, Math.min(at + 65_536, noise.length)));
    }
    const head = flacFile(tags, { seed: 3 });
    const whole = new Uint8Array(head.length + noise.length);
    whole.set(head);
    whole.set(noise, head.length);
    return whole;
  }
}

export function equal(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i]);
}

export function size(it: Installation, path: string): number {
  return Deno.statSync(`${it.origin}/${path}`).size;
}

export function test(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: !ready, fn });
}
