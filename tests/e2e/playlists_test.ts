/** Playlists that lie on an origin, as collections, over a real mount with its engine. */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "timeout");

const encoder = new TextEncoder();

class Library extends Installation {
  readonly collections = `${this.mountpoint}/.collections`;
  #songs = 0;

  constructor() {
    super();
    this.configure(`[[origins]]\nid = "mine"\npath = "${this.origin}"\n`);
  }

  put(path: string, title: string, genre = "Pop"): void {
    const seed = ++this.#songs;
    const tags = { title, genre, artist: "Ada", album: "Engines", track: seed, year: 1986 };
    write(`${this.origin}/${path}`, flacFile(tags, { seconds: 1, seed }));
  }

  list(path: string, content: string | Uint8Array): void {
    write(
      `${this.origin}/${path}`,
      typeof content === "string" ? encoder.encode(content) : content,
    );
  }

  /** The titles in a collection, in order; undefined when there is no such collection. */
  titles(name: string): string[] | undefined {
    try {
      return [...Deno.readDirSync(`${this.collections}/${name}`)].map(({ name }) => name).sort()
        .map((file) => /^\d+ - Ada - (.*)\.flac$/.exec(file)![1]!);
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return undefined;
      throw error;
    }
  }

  /** Waits until collections have these titles, or are not there. */
  async have(wanted: Readonly<Record<string, readonly string[] | undefined>>): Promise<void> {
    for (const [name, titles] of Object.entries(wanted)) {
      let last: string[] | undefined;
      await until(`${name} has ${titles?.join()}`, 30_000, () => {
        last = this.titles(name);
        return Promise.resolve(last?.join() === titles?.join());
      }).catch((error) => {
        throw new Error(`${error.message}: it has ${last?.join()}`);
      });
    }
  }

  /** What the log says of the last reading of each playlist, by its file's number. */
  async read(): Promise<Map<number, { problem?: string; missing?: number; collection?: string }>> {
    const { events } = await this.json<
      { events: { data: { file: number; problem?: string; missing?: number } }[] }
    >(["events", "list", "--type", "PlaylistRead"]);
    return new Map(events.map(({ data }) => [data.file, data]));
  }
}

Deno.test({
  name: "SEMANTICS 47: playlists on an origin are collections that follow their files and tracks",
  ignore: !ready,
  async fn() {
    await using it = new Library();
    it.put("Abba/01 SOS.flac", "SOS");
    it.put("Abba/02 Waterloo.flac", "Waterloo");
    it.put("Björk/Jóga.flac", "Joga", "Art");
    it.list(
      "Lists/Road trip.m3u8",
      "#EXTM3U\n../Björk/Jóga.flac\n../Abba/01 SOS.flac\nnowhere.flac\n",
    );
    it.list(
      "Lists/windows.m3u",
      Uint8Array.from("C:\\Music\\Bj\xf6rk\\J\xf3ga.flac\r\n", (it) => it.charCodeAt(0)),
    );
    it.list(
      "radio.pls",
      `[playlist]\nFile2=Abba/02%20Waterloo.flac\nFile1=file://${it.origin}/Abba/01 SOS.flac\n`,
    );
    it.list("art.nsp", '{"name": "Only art", "all": [{"is": {"genre": "art"}}]}');
    it.list("pop.nsp", '{"all": [{"is": {"loved": true}}], "sort": "title"}');
    it.list("bad.nsp", "[".repeat(100_000));
    it.list("stream.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:10\nx.ts\n");
    it.list("huge.m3u", new Uint8Array(4 * 1024 * 1024 + 1).fill(0x41));
    await it.mountAndScan();
    await it.have({
      "Road trip": ["Joga", "SOS"],
      windows: ["Joga"],
      radio: ["SOS", "Waterloo"],
      "Only art": ["Joga"],
    });
    const read = await until("all were read", 30_000, async () => {
      const all = await it.read();
      return all.size === 8 ? all : undefined;
    });
    assert.deepEqual([...read.values()].flatMap(({ problem = [] }) => problem).sort(), [
      ...["is loved has no counterpart among queries", "it has more than 4.19 MB"],
      ...["it is not JSON", "the parts of a stream (HLS) are no playlist of tracks"],
    ]);
    const names = [...Deno.readDirSync(it.collections)].map(({ name }) => name);
    for (const name of ["pop", "bad", "stream", "huge"]) assert.ok(!names.includes(name), name);

    // A file that moves keeps its place, one that comes gets its own, and so does what a person renames.
    const renamed = await it.musicfs(["collection", "rename", "radio", "Radio days"]);
    assert.equal(renamed.code, 0, renamed.stderr);
    Deno.renameSync(`${it.origin}/Abba`, `${it.origin}/Agnetha`);
    Deno.renameSync(`${it.origin}/Agnetha/01 SOS.flac`, `${it.origin}/Agnetha/Other.flac`);
    it.put("Lists/nowhere.flac", "Nowhere");
    await it.rescan();
    await it.have({
      "Road trip": ["Joga", "SOS", "Nowhere"],
      "Radio days": ["SOS", "Waterloo"],
      radio: undefined,
    });

    // Files that change, or go, change their collections; not one that a person saved.
    const saved = await it.musicfs(["collection", "save", "windows", "title:sos"]);
    assert.equal(saved.code, 0, saved.stderr);
    it.list("Lists/Road trip.m3u8", "../Agnetha/02 Waterloo.flac\n/Agnetha/Other.flac\n");
    it.list("Lists/windows.m3u", "../Björk/Jóga.flac\n../Agnetha/Other.flac\n");
    it.list("pop.nsp", '{"any": [{"contains": {"genre": "pop"}}], "sort": "title", "limit": 2}');
    it.list("art.nsp", "{}");
    Deno.removeSync(`${it.origin}/radio.pls`);
    await it.rescan();
    await it.have({
      "Road trip": ["Waterloo", "SOS"],
      windows: ["SOS"],
      "windows (Lists)": ["Joga", "SOS"],
      pop: ["Nowhere", "SOS"],
      "Radio days": undefined,
      "Only art": undefined,
    });

    // Nothing is read again that is as it was, and a replay has the same.
    const { size } = await it.read();
    const events = async () =>
      (await it.json<{ events: unknown[] }>(["events", "list", "--type", "PlaylistRead"])).events
        .length;
    const before = await events();
    await it.rescan();
    await it.unmount();
    await it.mount();
    await it.have({ "Road trip": ["Waterloo", "SOS"], "windows (Lists)": ["Joga", "SOS"] });
    assert.equal(await events(), before);
    assert.equal(size, 8);
    const verified = await it.musicfs(["events", "verify"]);
    assert.equal(verified.code, 0, verified.stderr + verified.stdout);
  },
});
