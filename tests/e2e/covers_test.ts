/** Covers of albums, over real mounts: embedded in files that other programs wrote, beside the tracks, and changing. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { type AudioTags, flacFile, mp3File } from "../../scripts/audio/mod.ts";
import { sizeOfPicture } from "../../src/formats/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { Mpd } from "../support/mpd.ts";
import { needs } from "../support/needs.ts";
import { openPlace, PLACE_KINDS } from "../support/remote_library.ts";
import { hasSftpServer } from "../support/sftp_server.ts";
import { write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const PYTHON = "/usr/bin/python3";
const MUTAGEN = "/usr/lib/python3/dist-packages/mutagen/__init__.py";
const SCRIPT = fileURLToPath(new URL("../support/mutagen_picture.py", import.meta.url));
/** Formats that ffmpeg writes and mutagen puts pictures into, in which these lie as they are. */
const PLAIN = ["flac", "mp3", "m4a", "wma", "wv"];
const ENCODED = ["ogg", "opus"];

interface Shown {
  readonly covers: { source: string; name: string; size: number; real_path: string }[];
  readonly no_cover: string | null;
}

async function succeeds(...argv: string[]): Promise<string> {
  const { code, stdout, stderr } = await run(argv);
  assert.equal(code, 0, `${argv.join(" ")}: ${stderr}`);
  return stdout;
}

/** A real picture, whose colour and size make its bytes. */
async function picture(
  directory: string,
  { size = 300, kind = "jpg", colour = "red" } = {},
): Promise<Uint8Array<ArrayBuffer>> {
  const path = `${directory}/picture-${colour}-${size}.${kind}`;
  const source = `color=${colour}:s=${size}x${size},noise=alls=40`;
  const frames = ["-frames:v", "1", "-update", "1"];
  await succeeds("ffmpeg", "-v", "error", "-y", "-f", "lavfi", "-i", source, ...frames, path);
  return Deno.readFileSync(path);
}

async function namesIn(directory: string): Promise<string[]> {
  return (await succeeds("ls", directory)).split("\n").filter((name) => name !== "");
}

Deno.test({
  name:
    "SEMANTICS 31: cover.jpg is the picture that other programs put into the tracks, byte for byte",
  ignore: !needs("/dev/fuse", "timeout", "ffmpeg", "ffprobe", "getfattr", PYTHON, MUTAGEN),
  async fn() {
    await using it = new Installation();
    const bytes = await picture(it.base);
    const sound = ["-f", "lavfi", "-i", "sine=d=0.5", "-ar", "48000"];
    for (const format of [...PLAIN, ...ENCODED]) {
      const tags = [["artist", "A"], ["album", format], ["title", "T"], ["track", "1"]]
        .flatMap(([name, value]) => ["-metadata", `${name}=${value}`]);
      const path = `${it.origin}/${format}.${format}`;
      await succeeds("ffmpeg", "-v", "error", ...sound, ...tags, path);
      await succeeds(PYTHON, SCRIPT, `${it.base}/picture-red-300.jpg`, path);
    }
    await it.mountAndScan();
    const albums = await namesIn(`${it.mountpoint}/A`);
    assert.equal(albums.length, PLAIN.length + ENCODED.length);
    for (const format of PLAIN) {
      const album = `${it.mountpoint}/A/${albums.find((name) => name.startsWith(`${format} (`))}`;
      assert.equal(Deno.lstatSync(`${album}/cover.jpg`).size, bytes.length, format);
      assert.deepEqual(await Deno.readFile(`${album}/cover.jpg`), bytes, format);
      const names = await namesIn(album);
      assert.equal(names.filter((name) => name === "cover.jpg").length, 1, names.join());
      const about = ["-show_entries", "stream=codec_name,width", "-of", "csv=p=0"];
      const told = await succeeds("ffprobe", "-v", "error", ...about, `${album}/cover.jpg`);
      assert.equal(told.trim(), "mjpeg,300");
      const track = `${album}/${names.find((name) => name !== "cover.jpg")}`;
      const { covers, no_cover } = await it.json<Shown>(["track", "show", track]);
      assert.equal(no_cover, null);
      assert.deepEqual(
        covers.map(({ source, name, size, real_path }) => [source, name, size, real_path]),
        [["embedded", "cover.jpg", bytes.length, `${it.origin}/${format}.${format}`]],
      );
      const attribute = ["getfattr", "--only-values", "-n", "user.musicfs.cover"];
      assert.equal(await succeeds(...attribute, track), `${it.origin}/${format}.${format}`);
      const { stdout } = await it.musicfs(["track", "show", track]);
      assert.match(stdout, /^cover\s+cover\.jpg, .* in .*\/\w+\.\w+$/m);
    }
    for (const format of ENCODED) {
      const album = `${it.mountpoint}/A/${albums.find((name) => name.startsWith(`${format} (`))}`;
      const names = await namesIn(album);
      assert.equal(names.length, 1, names.join());
      const { covers, no_cover } = await it.json<Shown>(["track", "show", `${album}/${names[0]}`]);
      assert.deepEqual(covers, []);
      assert.match(no_cover!, /encoded/);
    }
    // Bytes after a seek, and beyond the end.
    const cover = `${it.mountpoint}/A/${albums.find((name) => name.startsWith("mp3 ("))}/cover.jpg`;
    using file = await Deno.open(cover);
    await file.seek(bytes.length - 10, Deno.SeekMode.Start);
    const end = new Uint8Array(100);
    assert.equal(await file.read(end), 10);
    assert.deepEqual(end.subarray(0, 10), bytes.subarray(bytes.length - 10));
    assert.equal(await file.read(end), null);
  },
});

for (const kind of PLACE_KINDS) {
  Deno.test({
    name:
      `SEMANTICS 31: ${kind}: covers come, change and go with the tracks and the files beside them`,
    ignore: !needs("/dev/fuse", "timeout", "ffmpeg") || !hasSftpServer(),
    async fn() {
      await using place = await openPlace(kind);
      await using it = new Installation({ config: place.table });
      place.admit(it);
      it.env = { ...it.env, MUSICFS_WATCH: "off" };
      const [red, blue, green] = await Promise.all([
        picture(it.base, { colour: "red", size: 1_200 }),
        picture(it.base, { colour: "blue", size: 200 }),
        picture(it.base, { colour: "green", kind: "png" }),
      ]);
      const tags = (track: number, shown?: Uint8Array): AudioTags => ({
        ...{ title: `T${track}`, artist: "A", album: "B", track, year: 2001 },
        ...(shown && { picture: shown }),
      });
      const put = (track: number, shown?: Uint8Array, seed = track) =>
        place.put(`in/${track}.flac`, flacFile(tags(track, shown), { seed }));
      const album = `${it.mountpoint}/A/B (2001) [FLAC]`;
      const rescan = async () => {
        await place.comeBack();
        await it.rescan();
      };
      const assertCover = async (name: string, bytes: Uint8Array, why: string) => {
        assert.equal(Deno.lstatSync(`${album}/${name}`).size, bytes.length, why);
        assert.deepEqual(await Deno.readFile(`${album}/${name}`), bytes, why);
        const covers = (await namesIn(album)).filter((it) => it.startsWith("cover."));
        assert.deepEqual(covers, [name], why);
      };
      const sized = async (pixels: number) => {
        const path = `${album}/cover-${pixels}.jpg`;
        // The origin may be served by this process, which must not wait for itself.
        const { size } = await Deno.lstat(path);
        const bytes = await Deno.readFile(path);
        assert.equal(bytes.length, size, "the size is exact before the first byte");
        return bytes;
      };
      put(1, blue);
      put(2);
      put(3, red);
      await it.mountAndScan();
      await assertCover("cover.jpg", blue, "a tie goes to the first track");
      const first = Deno.lstatSync(`${album}/cover.jpg`).ino;
      assert.equal(first, Deno.lstatSync(`${album}/cover.jpg`).ino);
      const small = await sized(150);
      assert.deepEqual(sizeOfPicture(small), { width: 150, height: 150 });
      assert.deepEqual(await sized(300), blue, "never enlarged");

      put(2, red);
      await rescan();
      await assertCover("cover.jpg", red, "most tracks have it");
      const another = await sized(150);
      assert.notDeepEqual(another, small, "of the cover that is shown now");
      assert.deepEqual(sizeOfPicture(await sized(600)), { width: 600, height: 600 });
      put(2, green);
      put(3, green);
      await rescan();
      await assertCover("cover.png", green, "retags bring another one");

      place.put("in/Folder.jpg", red);
      await rescan();
      await assertCover("cover.jpg", red, "a file beside the tracks comes first");
      const beside = `${it.mountpoint}/.origins/${kind}/in/Folder.jpg`;
      assert.equal(Deno.lstatSync(`${album}/cover.jpg`).ino, Deno.lstatSync(beside).ino);
      place.put("in/Folder.jpg", blue);
      await rescan();
      await assertCover("cover.jpg", blue, "another file under the same name");

      place.remove("in/Folder.jpg");
      await rescan();
      await assertCover("cover.png", green, "and when it is gone, the tracks' own again");
      const ino = Deno.lstatSync(`${album}/cover.png`).ino;
      const inGreen = await sized(150);
      assert.deepEqual(sizeOfPicture(inGreen), { width: 150, height: 150 });
      await it.unmount();
      await it.mount();
      assert.equal(Deno.lstatSync(`${album}/cover.png`).ino, ino, "a number is for ever");
      assert.deepEqual(await sized(150), inGreen, "and kept while nobody was mounted");

      for (const track of [1, 2, 3]) put(track);
      await rescan();
      assert.equal((await namesIn(album)).length, 3, "no picture is left");
      for (const name of ["cover.png", "cover-150.jpg"]) {
        await assert.rejects(Deno.lstat(`${album}/${name}`), Deno.errors.NotFound);
      }
      const verified = await it.json<{ identical: boolean }>(["events", "verify"]);
      assert.equal(verified.identical, true);
    },
  });
}

Deno.test({
  name: "covers are followed without a rescan, obey the settings, and bad pictures have none",
  ignore: !needs("/dev/fuse", "timeout", "ffmpeg"),
  async fn() {
    await using it = new Installation();
    const good = await picture(it.base);
    const named = (album: string): AudioTags => ({
      title: "T",
      artist: "A",
      album,
      track: 1,
      year: 2001,
    });
    const text = new TextEncoder().encode("<html>no picture at all</html>");
    // The tag calls it a JPEG.
    write(`${it.origin}/text/1.flac`, flacFile({ ...named("Text"), picture: text }));
    write(`${it.origin}/good/1.mp3`, mp3File({ ...named("Good"), picture: good }));
    write(`${it.origin}/bare/1.flac`, flacFile(named("Bare")));
    write(
      `${it.origin}/cut/1.flac`,
      flacFile({ ...named("Cut"), picture: good.slice(0, good.length / 2) }),
    );
    await it.mountAndScan();
    const albumOf = (name: string, format = "FLAC") =>
      `${it.mountpoint}/A/${name} (2001) [${format}]`;
    const hasCover = (album: string) => {
      try {
        return Deno.lstatSync(`${album}/cover.jpg`).isFile;
      } catch {
        return false;
      }
    };
    assert.equal(hasCover(albumOf("Text")), false);
    const shown = await it.json<Shown>(["track", "show", `${it.origin}/text/1.flac`]);
    assert.match(shown.no_cover!, /no known kind of picture/);
    assert.equal(hasCover(albumOf("Good", "MP3")), true);
    const sizeOf = (album: string, pixels: number) =>
      Deno.lstatSync(`${album}/cover-${pixels}.jpg`).size;
    assert.ok(sizeOf(albumOf("Good", "MP3"), 150) > 0);
    assert.deepEqual(await namesIn(albumOf("Good", "MP3")), ["01 - T.mp3", "cover.jpg"]);
    assert.throws(() => sizeOf(albumOf("Good", "MP3"), 100), Deno.errors.NotFound);
    // It begins like a JPEG, and is shown as it is.
    assert.equal(hasCover(albumOf("Cut")), true);
    assert.throws(() => sizeOf(albumOf("Cut"), 150), Deno.errors.NotFound);
    const reason = /Cannot make a cover smaller, cut\/1\.flac of \S+: it is damaged/;
    await until("the reason is told", 10_000, () => Promise.resolve(reason.test(it.log)));

    assert.equal(hasCover(albumOf("Bare")), false, "the kernel knows now that there is none");
    write(`${it.origin}/bare/front.JPEG`, good);
    await until("the cover is seen", 10_000, () => Promise.resolve(hasCover(albumOf("Bare"))));
    assert.deepEqual(await Deno.readFile(`${albumOf("Bare")}/cover.jpg`), good);
    Deno.removeSync(`${it.origin}/bare/front.JPEG`);
    await until("it is gone", 10_000, () => Promise.resolve(!hasCover(albumOf("Bare"))));

    await it.unmount();
    const origin = `[[origins]]\nid = "mine"\npath = "${it.origin}"\n`;
    it.configure(`[artwork]\nsources = "off"\n${origin}`);
    await it.mountAndScan();
    assert.equal(hasCover(albumOf("Good", "MP3")), false);
    assert.equal((await namesIn(albumOf("Good", "MP3"))).length, 1);
    await it.unmount();
    const listed = "sizes = [100]\nlist_sizes = true";
    it.configure(`[artwork]\nsources = ["embedded"]\n${listed}\n${origin}`);
    write(`${it.origin}/good/cover.png`, good);
    await it.mountAndScan();
    assert.deepEqual(
      (await namesIn(albumOf("Good", "MP3"))).filter((name) => name.startsWith("cover")),
      ["cover-100.jpg", "cover.jpg"],
    );
    assert.ok(sizeOf(albumOf("Good", "MP3"), 100) > 0);
  },
});

Deno.test({
  name: "MPD finds the cover of a track in its directory",
  ignore: !needs("/dev/fuse", "timeout", "ffmpeg", "mpd"),
  async fn() {
    await using it = new Installation();
    const bytes = await picture(it.base, { size: 60 });
    const tags = { title: "T", artist: "A", album: "B", track: 1, year: 2001, picture: bytes };
    write(`${it.origin}/1.mp3`, mp3File(tags));
    await it.mountAndScan();
    await using mpd = await Mpd.start(it.base, it.mountpoint);
    await mpd.updated();
    let found = "";
    while (found.length < bytes.length) {
      const answer = await mpd.ask(
        `albumart "A/B (2001) [MP3]/01 - T.mp3" ${found.length}`,
      );
      const head = /^size: (\d+)\nbinary: (\d+)\n/.exec(answer);
      assert.ok(head !== null, answer.slice(0, 200));
      assert.equal(Number(head[1]), bytes.length);
      found += answer.slice(head[0].length, head[0].length + Number(head[2]));
    }
    assert.deepEqual(Uint8Array.from(found, (char) => char.charCodeAt(0)), bytes);
  },
});
