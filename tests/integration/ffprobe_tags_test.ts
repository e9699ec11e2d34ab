/** Names and numbers compared with ffprobe's, for every file of the corpus that ffprobe reads. */
import assert from "node:assert/strict";
import type { TrackTags } from "../../events/facts/files.ts";
import { isAudioName } from "../../src/base/mod.ts";
import { ParserPool } from "../../src/metadata/mod.ts";
import { run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";

const CORPUS = [
  Deno.env.get("MUSICFS_CORPUS") ?? beside("audio"),
  beside("faults/tags"),
  beside("faults/unreadable"),
  beside("faults/same-sound"),
];

const FIELDS = ["title", "artist", "albumartist", "album", "year", "track", "of", "disk"] as const;
type Field = typeof FIELDS[number];
type Fields = Readonly<Partial<Record<Field, string>>>;

function beside(path: string): string {
  return decodeURIComponent(
    new URL(`../../../shared/corpus/${path}`, import.meta.url).pathname,
  );
}

/** The tags of the file and of its first sound, by their names in lower case. */
async function probed(path: string): Promise<Map<string, string> | undefined> {
  const { code, stdout } = await run([
    ...["ffprobe", "-v", "quiet", "-of", "json", "-select_streams", "a:0"],
    ...["-show_entries", "format_tags:stream_tags", path],
  ]);
  if (code !== 0) return undefined;
  const { format, streams } = JSON.parse(stdout) as {
    format?: { tags?: Record<string, string> };
    streams?: { tags?: Record<string, string> }[];
  };
  const tags = new Map<string, string>();
  for (const all of [format?.tags, streams?.[0]?.tags]) {
    for (const [name, value] of Object.entries(all ?? {})) {
      const known = name.toLowerCase();
      if (!tags.has(known) && value.trim() !== "") tags.set(known, value.trim());
    }
  }
  return tags;
}

function right(tags: ReadonlyMap<string, string>): Fields {
  const number = (value: string | undefined) => /^0*(\d+)/.exec(value ?? "")?.[1];
  const of = (value: string | undefined) => /\/\s*0*(\d+)/.exec(value ?? "")?.[1];
  const track = tags.get("track") ?? tags.get("tracknumber");
  const all = {
    ...{ title: tags.get("title"), artist: tags.get("artist"), album: tags.get("album") },
    albumartist: tags.get("album_artist") ?? tags.get("albumartist"),
    year: /\b[12]\d{3}\b/.exec(tags.get("date") ?? tags.get("year") ?? "")?.[0],
    ...{ track: number(track), of: of(track), disk: number(tags.get("disc")) },
  };
  return Object.fromEntries(
    Object.entries(all).filter(([, value]) => value !== undefined && value !== "0"),
  );
}

function ours(tags: TrackTags): Fields {
  return Object.fromEntries(
    Object.entries({
      ...{ title: tags.title, artist: tags.artist, albumartist: tags.albumartist },
      ...{ album: tags.album, year: tags.year, track: tags.track?.no, of: tags.track?.of },
      disk: tags.disk?.no,
    }).flatMap(([name, value]) => value == null ? [] : [[name, String(value)]]),
  );
}

/** Whether a value equals ffprobe's, which joins several values into one text, while we return the first. */
function isLike(said: string | undefined, told: string): boolean {
  return said === told || (said !== undefined && told.startsWith(`${said};`));
}

function* walk(root: string, below = ""): Iterable<string> {
  for (const { name, isDirectory } of Deno.readDirSync(`${root}/${below}`)) {
    if (isDirectory) yield* walk(root, `${below}${name}/`);
    else yield below + name;
  }
}

Deno.test({
  name: "names and numbers of the corpus equal those of ffprobe",
  ignore: !needs("ffprobe", ...CORPUS),
  async fn() {
    let compared = 0;
    const wrong: string[] = [];
    const pool = new ParserPool({ size: 1 });
    try {
      for (const root of CORPUS) {
        const files = [...walk(root)].filter(isAudioName)
          .map((path) => ({ path, size: 0, mtime_s: 0, mtime_ns: 0 }));
        for (const [i, reading] of (await pool.read(root, files)).entries()) {
          const { path } = files[i]!;
          const told = await probed(`${root}/${path}`);
          if (told === undefined || reading.vanished || reading.tags === undefined) continue;
          const [said, known] = [ours(reading.tags), right(told)];
          for (const field of FIELDS) {
            const value = known[field];
            if (value === undefined || isLike(said[field], value)) continue;
            wrong.push(`${path}: ${field} ${said[field]}, ffprobe: ${value}`);
          }
          compared++;
        }
      }
    } finally {
      await pool.close();
    }
    assert.deepEqual(wrong, []);
    assert.ok(compared > 150, `${compared} files`);
  },
});
