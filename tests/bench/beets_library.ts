import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { namedFile } from "../support/named_library.ts";
import { middle } from "./content_client.ts";
import { isInstalled } from "./mounted_peer.ts";

const LIBRARY = "library.db";
const STARTS = 3;
const DEADLINE_S = 600;

/** The named files in a library of beets, which is asked by its command. */
export class BeetsLibrary {
  readonly #file: string;

  private constructor(file: string) {
    this.#file = file;
  }

  /** The library is made when it isn't there, in a directory of its own; undefined without beets. */
  static async open(directory: string, tracks: number): Promise<BeetsLibrary | undefined> {
    if (!isInstalled("beet")) return undefined;
    if (!existsSync(directory)) {
      const unfinished = `${directory}.unfinished`;
      rmSync(unfinished, { recursive: true, force: true });
      mkdirSync(unfinished, { recursive: true });
      const file = join(unfinished, LIBRARY);
      // beets makes the tables.
      await beet(file, ["ls"]);
      fill(file, tracks);
      renameSync(unfinished, directory);
    }
    return new BeetsLibrary(join(directory, LIBRARY));
  }

  /** The median of the ms that `beet ls` takes for one of the queries, without the time in which the program starts. */
  async listingMs(queries: readonly (readonly string[])[]): Promise<number> {
    const starts: number[] = [];
    for (let i = 0; i < STARTS; i++) starts.push(await beet(this.#file, ["version"]));
    const times: number[] = [];
    for (const query of queries) times.push(await beet(this.#file, ["ls", ...query]));
    return Math.max(0, middle(times) - middle(starts));
  }
}

/** Runs beets to its end, with no configuration. Returns the ms that it takes. */
async function beet(library: string, args: readonly string[]): Promise<number> {
  const directory = join(library, "..");
  const started = performance.now();
  const { success, stderr } = await new Deno.Command("timeout", {
    args: ["-k", "5", `${DEADLINE_S}`, "beet", "-l", library, "-d", directory, ...args],
    env: { BEETSDIR: directory },
    ...{ stdin: "null", stdout: "null", stderr: "piped" },
  }).output();
  if (!success) throw new Error(`beet ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
  return performance.now() - started;
}

const COLUMNS = [
  ...["path", "title", "artist", "albumartist", "album", "genre", "label", "track", "year"],
  ...["length", "bitrate", "format", "mtime", "added"],
];

function fill(file: string, tracks: number): void {
  const db = new DatabaseSync(file);
  try {
    db.exec("PRAGMA synchronous = OFF; BEGIN");
    const values = COLUMNS.map(() => "?").join(", ");
    const insert = db.prepare(`INSERT INTO items (${COLUMNS.join(", ")}) VALUES (${values})`);
    const text = new TextEncoder();
    for (let i = 0; i < tracks; i++) {
      const { path, tags, properties, details, format, mtime_s } = namedFile(i);
      const { title, artist, albumartist, album, genre, track, year } = tags!;
      insert.run(
        ...[text.encode(`/music/${path}`), title!, artist!, albumartist!, album!],
        ...[genre!.join("; "), [details!.tags!.label!].flat().join("; "), track!.no!, year!],
        ...[properties!.duration_ms! / 1_000, properties!.bitrate!, format!.toUpperCase()],
        ...[mtime_s, mtime_s],
      );
    }
    db.exec("COMMIT");
  } finally {
    db.close();
  }
}
