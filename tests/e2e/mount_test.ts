/**
 * The whole program over a real mount: the daemon in a child process, the test looks from outside.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { makeLibrary } from "../../scripts/make_library.ts";
import { flacFile, mp3File } from "../../scripts/audio/mod.ts";
import type { ScanSummary } from "../../src/control/protocol.ts";
import { Installation, run, until } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";

const mountable = needs("/dev/fuse");
const TEMPLATE = "${albumartist|artist}/$album/{$disc-}$track $title.$format";

function sha256(path: string): string {
  return createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
}

/** Every regular file below a directory, relative to it, sorted. */
function filesBelow(directory: string, prefix = ""): string[] {
  const out: string[] = [];
  for (const entry of Deno.readDirSync(`${directory}/${prefix}`)) {
    const path = prefix + entry.name;
    if (entry.isDirectory) out.push(...filesBelow(directory, `${path}/`));
    else out.push(path);
  }
  return out.sort();
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Path and inode number of everything in the tree. */
async function inodes(mountpoint: string): Promise<string[]> {
  const { stdout, code } = await run(["find", mountpoint, "-printf", "%i %y %s %T@ %P\\n"]);
  assert.equal(code, 0);
  return stdout.trim().split("\n").sort();
}

/** `origin rescan --wait`: the summaries of the scans, however they ended. */
async function rescan(it: Installation, flags: string[] = []): Promise<ScanSummary[]> {
  const { stdout, stderr } = await it.musicfs(["origin", "rescan", "--wait", "--json", ...flags]);
  assert.ok(stdout.includes('"scans"'), `${stdout}${stderr}`);
  return JSON.parse(stdout).scans;
}

function write(path: string, bytes: Uint8Array): void {
  Deno.mkdirSync(path.slice(0, path.lastIndexOf("/")), { recursive: true });
  Deno.writeFileSync(path, bytes);
}

Deno.test({
  name: "every file read through the mount has the sha256 of its original",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const made = makeLibrary(it.origin, { artists: 4, albums: 3, tracks: 9 });
    const status = await it.mountAndScan();
    assert.equal(status.library.tracks, made.files);
    assert.equal(status.library.bytes, made.bytes);

    const originals = new Map<string, number>();
    for (const track of made.tracks) {
      const hash = sha256(`${it.origin}/${track.path}`);
      originals.set(hash, (originals.get(hash) ?? 0) + 1);
    }
    const shown = filesBelow(it.mountpoint);
    assert.equal(shown.length, made.files);
    for (const path of shown) {
      const hash = sha256(`${it.mountpoint}/${path}`);
      const count = originals.get(hash) ?? 0;
      assert.ok(count > 0, `${path} is not the content of any original`);
      originals.set(hash, count - 1);
    }
    assert.equal(await it.unmount(), 0);
    assert.deepEqual([...Deno.readDirSync(it.mountpoint)], [], "nothing is mounted any more");
  },
});

Deno.test({
  name: "the plain path gives the same bytes as pass-through",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 2, albums: 2, tracks: 5 });
    write(`${it.origin}/big.flac`, flacFile({ title: "Big", artist: "B" }, { seconds: 60 }));
    const hashes: string[][] = [];
    for (const passthrough of ["off", "on"]) {
      it.env = { MUSICFS_PASSTHROUGH: passthrough };
      await it.mountAndScan();
      hashes.push(
        filesBelow(it.mountpoint).map((path) => `${path} ${sha256(`${it.mountpoint}/${path}`)}`),
      );
      await it.unmount();
    }
    assert.ok(hashes[0]!.length > 20);
    assert.deepEqual(hashes[0], hashes[1]);
  },
});

Deno.test({
  name: "a file that is added, retagged, moved or deleted is seen in the mount within 2 s",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const sound = { seconds: 1, seed: 5 };
    write(
      `${it.origin}/in/one.flac`,
      flacFile({ title: "One", artist: "A", album: "B", track: 1 }, sound),
    );
    await it.mountAndScan(["--template", "$artist/$album/$track $title.$format"]);
    const at = (path: string) => `${it.mountpoint}/${path}`;
    assert.ok(exists(at("A/B/01 One.flac")));
    assert.ok(!exists(at("A/B/02 Two.flac")), "the kernel now remembers that it isn't there");
    const inode = Deno.statSync(at("A/B/01 One.flac")).ino;

    write(
      `${it.origin}/in/new/two.mp3`,
      mp3File({ title: "Two", artist: "A", album: "B", track: 2 }, sound),
    );
    await until("a new file in a new directory", 2000, () => exists(at("A/B/02 Two.mp3")));

    write(
      `${it.origin}/in/one.flac`,
      flacFile({ title: "Uno", artist: "A", album: "B", track: 1 }, sound),
    );
    await until(
      "the new title",
      2000,
      () => exists(at("A/B/01 Uno.flac")) && !exists(at("A/B/01 One.flac")),
    );
    assert.equal(Deno.statSync(at("A/B/01 Uno.flac")).ino, inode, "it is the same track");
    assert.equal(sha256(at("A/B/01 Uno.flac")), sha256(`${it.origin}/in/one.flac`));

    Deno.renameSync(`${it.origin}/in/one.flac`, `${it.origin}/in/new/renamed.flac`);
    await until("the move", 2000, async () => {
      const { stdout } = await run([
        "getfattr",
        "--only-values",
        "-n",
        "user.musicfs.real_path",
        at("A/B/01 Uno.flac"),
      ]);
      return stdout.endsWith("/in/new/renamed.flac");
    });
    assert.equal(
      Deno.statSync(at("A/B/01 Uno.flac")).ino,
      inode,
      "a moved file keeps its identity",
    );

    Deno.removeSync(`${it.origin}/in/new/two.mp3`);
    await until("the deletion", 2000, () => !exists(at("A/B/02 Two.mp3")));
    assert.deepEqual(filesBelow(it.mountpoint), ["A/B/01 Uno.flac"]);
  },
});

Deno.test({
  name: "without its cache directory the same tree comes back with the same inode numbers",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 5, albums: 3, tracks: 8 });
    await it.mountAndScan(["--template", TEMPLATE]);
    Deno.removeSync(`${it.origin}/${firstFile(it.origin)}`);
    await until("the deletion", 5000, async () => (await it.status()).library.tracks === 119);
    const before = await inodes(it.mountpoint);
    await it.unmount();
    Deno.removeSync(it.cacheDir, { recursive: true });
    await it.mountAndScan(["--template", TEMPLATE]);
    assert.deepEqual(await inodes(it.mountpoint), before);
    const verified = await it.json<{ identical: boolean }>(["events", "verify"]);
    assert.ok(verified.identical);
  },
});

function firstFile(directory: string): string {
  return filesBelow(directory)[0]!;
}

Deno.test({
  name: "a rescan with nothing changed appends no file events",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 2, albums: 2, tracks: 5 });
    await it.mountAndScan();
    const [summary] = await rescan(it);
    assert.deepEqual(
      [summary!.listed, summary!.read, summary!.removed],
      [20, 0, 0],
    );
    const [full] = await rescan(it, ["--full"]);
    assert.equal(full!.read, 20);
  },
});

Deno.test({
  name: "an origin that vanished keeps its tree, and one that lost most of its files is held",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 3, albums: 2, tracks: 6, formats: ["flac"] });
    await it.mountAndScan();
    const before = filesBelow(it.mountpoint);
    Deno.renameSync(it.origin, `${it.origin}.gone`);
    const [down] = await rescan(it);
    assert.equal(down!.outcome, "failed");
    assert.deepEqual(filesBelow(it.mountpoint), before);
    assert.equal((await it.status()).origins[0]!.health, "down");

    Deno.mkdirSync(it.origin);
    const [empty] = await rescan(it);
    assert.equal(empty!.outcome, "held");
    assert.deepEqual(filesBelow(it.mountpoint), before, "an empty listing removes nothing");
    const { origins: [origin] } = await it.status();
    assert.equal(origin!.held_removals, before.length);

    const confirmed = await it.musicfs(["origin", "confirm-removals", origin!.id]);
    assert.equal(confirmed.code, 0, confirmed.stderr);
    await rescan(it);
    assert.deepEqual(filesBelow(it.mountpoint), []);

    Deno.removeSync(it.origin);
    Deno.renameSync(`${it.origin}.gone`, it.origin);
    await rescan(it);
    assert.deepEqual(filesBelow(it.mountpoint), before, "and all of it comes back");
  },
});

Deno.test({
  name:
    "names with newlines, invalid UTF-8, 255 bytes, leading dots and only spaces are shown and read",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const make = `
import os, sys
base, template = sys.argv[1].encode(), open(sys.argv[2], 'rb').read()
names = [b'new\\nline.flac', b'bad\\xff\\xfeutf.flac', b'x'*250 + b'.flac', b'.hidden.flac', b'   .flac', b'a\\xc3\\xa9.flac', b'tab\\there.flac']
for n in names:
    with open(os.path.join(base, n), 'wb') as f: f.write(template + n)
`;
    const sample = `${it.base}/sample.flac`;
    Deno.writeFileSync(sample, flacFile({}, { seconds: 0.1 }));
    const made = await run(["python3", "-c", make, it.origin, sample]);
    assert.equal(made.code, 0, made.stderr);
    const status = await it.mountAndScan();
    assert.equal(status.library.tracks + status.library.unreadable, 7);
    assert.equal(status.library.tracks, 7);
    const script = `
import hashlib, os, sys
def hashes(root):
    out = []
    for d, _, fs in os.walk(root.encode()):
        for f in fs: out.append(hashlib.sha256(open(os.path.join(d, f), 'rb').read()).hexdigest())
    return sorted(out)
a, b = hashes(sys.argv[1]), hashes(sys.argv[2])
sys.exit(0 if a == b and len(a) == 7 else 'differ: %r %r' % (a, b))
`;
    const compared = await run(["python3", "-c", script, it.origin, it.mountpoint]);
    assert.equal(compared.code, 0, compared.stderr);
    for (const path of filesBelow(it.mountpoint)) {
      assert.ok(path.split("/").every((name) => !name.startsWith(".")), `${path} is hidden`);
      // deno-lint-ignore no-control-regex
      assert.ok(!/[\x00-\x1f]/.test(path), `${JSON.stringify(path)} has a control character`);
    }
  },
});

Deno.test({
  name: "a file that shrank, grew or vanished since the scan is an error, never wrong bytes",
  ignore: !mountable,
  async fn() {
    for (const passthrough of ["on", "off"]) {
      await using it = new Installation();
      it.env = { MUSICFS_PASSTHROUGH: passthrough };
      for (const name of ["shrunk", "grown", "gone", "swapped"]) {
        write(
          `${it.origin}/${name}.flac`,
          flacFile({ title: name, artist: "A", album: "B" }, { seconds: 3, seed: 9 }),
        );
      }
      // Without watches the mount can't know of the changes before they are met.
      it.env.MUSICFS_WATCH = "off";
      await it.mountAndScan(["--template", "$title.$format"]);
      const size = Deno.statSync(`${it.mountpoint}/shrunk.flac`).size;
      Deno.truncateSync(`${it.origin}/shrunk.flac`, size - 50);
      write(`${it.origin}/grown.flac`, new Uint8Array(size + 50));
      Deno.removeSync(`${it.origin}/gone.flac`);
      write(`${it.origin}/swapped.flac`, new Uint8Array(size));
      Deno.utimeSync(`${it.origin}/swapped.flac`, 1, 1);
      for (const name of ["shrunk", "grown", "gone", "swapped"]) {
        const { code, stdout } = await run(["cat", `${it.mountpoint}/${name}.flac`]);
        assert.ok(
          code !== 0,
          `${name} (pass-through ${passthrough}) must fail, read ${stdout.length}`,
        );
        assert.equal(stdout.length, 0);
      }
      // Meeting the drift made the engine look again: the new versions are served, the lost one is gone.
      await until("the drifted files are known anew", 10_000, async () => {
        const shown = filesBelow(it.mountpoint);
        if (shown.includes("gone.flac")) return false;
        return (await run(["cat", `${it.mountpoint}/shrunk.flac`])).code === 0;
      });
    }
  },
});

Deno.test({
  name: "a scan whose engine is killed goes on where it was, and readers never notice",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    const made = makeLibrary(it.origin, { artists: 40, albums: 5, tracks: 10, seconds: 0.1 });
    await it.mount();
    const readers = new AbortController();
    let reads = 0;
    const reading = (async () => {
      while (!readers.signal.aborted) {
        const { code, stderr } = await run([
          "sh",
          "-c",
          `find ${it.mountpoint} -type f | head -50 | while read -r f; do cat "$f" >/dev/null || exit 1; done`,
        ]);
        assert.equal(code, 0, stderr);
        reads++;
      }
    })();
    let kills = 0;
    while (kills < 4) {
      const status = await it.status();
      if (status.library.tracks === made.files && !status.scan.running) break;
      if (status.engine.pid !== null && status.library.tracks > kills * 300) {
        try {
          Deno.kill(status.engine.pid, "SIGKILL");
          kills++;
          await until(
            "the supervisor notices",
            5000,
            async () => (await it.status()).engine.restarts === kills,
          );
        } catch (error) {
          if (!(error instanceof Deno.errors.NotFound)) throw error;
        }
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    assert.ok(kills > 0, "the scan was over before the engine could be killed");
    await until(
      "all tracks",
      60_000,
      async () => (await it.status()).library.tracks === made.files,
    );
    await it.scanned();
    readers.abort();
    await reading;
    assert.ok(reads > 0);
    assert.equal((await it.status()).engine.restarts, kills);
    const { identical, difference } = await it.json<{ identical: boolean; difference: string }>([
      "events",
      "verify",
    ]);
    assert.ok(identical, difference);
    const { events: stored } = await it.json<
      { events: { type: string; data: { files?: { path: string }[] } }[] }
    >([
      "events",
      "list",
      "--limit",
      "100000",
    ]);
    const paths = stored.flatMap((event) =>
      event.type === "FilesObserved" ? event.data.files!.map((file) => file.path) : []
    );
    assert.equal(paths.length, made.files, "every file was observed exactly once");
    assert.equal(new Set(paths).size, made.files);
  },
});

Deno.test({
  name: "the engine leaves when it has nothing to do, and comes back when asked",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    it.env = { MUSICFS_ENGINE_IDLE_MS: "300" };
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 3 });
    await it.mountAndScan();
    await until(
      "the engine leaves",
      10_000,
      async () => (await it.status()).engine.state === "off",
    );
    assert.equal(filesBelow(it.mountpoint).length, 3);
    const [summary] = await rescan(it);
    assert.equal(summary!.listed, 3);
    assert.equal((await it.status()).engine.restarts, 0);
  },
});

Deno.test({
  name: "mount points that cannot be are refused with what to do",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 1 });
    const refused = async (mountpoint: string, pattern: RegExp) => {
      const { code, stderr } = await it.musicfs(["mount", mountpoint, "--origin", it.origin]);
      assert.ok(code === 1 || code === 2, `${mountpoint}: exit code ${code}: ${stderr}`);
      assert.match(stderr, pattern);
    };
    await refused(`${it.base}/nowhere`, /not exist|no such/i);
    Deno.writeTextFileSync(`${it.base}/file`, "");
    await refused(`${it.base}/file`, /directory/i);
    Deno.mkdirSync(`${it.base}/full/x`, { recursive: true });
    await refused(`${it.base}/full`, /not empty/i);
    await refused(it.origin, /origin/i);
    await refused(it.base, /origin|state|cache|not empty/i);
    await it.mountAndScan();
    await refused(it.mountpoint, /already/i);
    assert.equal(filesBelow(it.mountpoint).length, 1, "the first mount goes on");
  },
});

Deno.test({
  name: "after the daemon was killed its stale mount is cleaned by the next one",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 2 });
    await it.mountAndScan();
    await it.crash();
    const { code, stderr } = await run(["ls", it.mountpoint], { seconds: 10 });
    assert.ok(code !== 0, stderr);
    await it.mountAndScan();
    assert.equal(filesBelow(it.mountpoint).length, 2);
    await it.crash();
    const cleaned = await it.musicfs(["unmount", it.mountpoint]);
    assert.equal(cleaned.code, 0, cleaned.stderr);
    assert.deepEqual([...Deno.readDirSync(it.mountpoint)], []);
  },
});

Deno.test({
  name: "a corrupt projection file is rebuilt from the log",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 2, albums: 2, tracks: 4 });
    await it.mountAndScan();
    const before = await inodes(it.mountpoint);
    await it.unmount();
    const files = filesBelow(it.cacheDir).filter((path) => path.endsWith(".sqlite"));
    assert.equal(files.length, 1);
    for (const damage of ["garbage", "truncated", "empty"]) {
      const [name] = filesBelow(it.cacheDir).filter((path) => path.endsWith(".sqlite"));
      const path = `${it.cacheDir}/${name}`;
      const bytes = Deno.readFileSync(path);
      if (damage === "garbage") bytes.fill(0x5a, 0, bytes.length);
      Deno.writeFileSync(
        path,
        damage === "garbage"
          ? bytes
          : bytes.subarray(0, damage === "empty" ? 0 : bytes.length >> 1),
      );
      for (const side of ["-wal", "-shm"]) {
        if (exists(path + side)) Deno.removeSync(path + side);
      }
      await it.mountAndScan();
      assert.deepEqual(await inodes(it.mountpoint), before, damage);
      await it.unmount();
    }
  },
});

Deno.test({
  name: "a library that is damaged under the mount is an error first, and whole again soon",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    it.env = { MUSICFS_ENGINE_IDLE_MS: "200" };
    makeLibrary(it.origin, { artists: 10, albums: 4, tracks: 12 });
    await it.mountAndScan();
    const before = await inodes(it.mountpoint);
    // Mounted anew, the pages are in the file and in nobody's memory.
    await it.unmount();
    await it.mount(["--no-scan"]);
    await until(
      "the engine leaves",
      10_000,
      async () => (await it.status()).engine.state === "off",
    );
    const name = filesBelow(it.cacheDir).find((path) => path.endsWith(".sqlite"))!;
    const file = Deno.openSync(`${it.cacheDir}/${name}`, { write: true });
    file.seekSync(8192, Deno.SeekMode.Start);
    for (let at = 8192; at < file.statSync().size; at += 8192) {
      file.writeSync(new Uint8Array(8192).fill(0x5a));
    }
    file.close();
    const listed = await run(["find", it.mountpoint]);
    assert.ok(listed.code !== 0, "what cannot be read is an error");
    await until("the library is built again", 20_000, async () => {
      return (await run(["find", it.mountpoint])).code === 0;
    });
    assert.deepEqual(await inodes(it.mountpoint), before);
  },
});

Deno.test({
  name: "a log written by a newer version is refused clearly, and nothing is changed",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 2 });
    await it.mountAndScan();
    await it.unmount();
    const aged = await run([
      Deno.execPath(),
      "run",
      "-A",
      new URL("../support/append_newer_event.ts", import.meta.url).pathname,
      it.stateDir,
    ]);
    assert.equal(aged.code, 0, aged.stderr);
    Deno.removeSync(it.cacheDir, { recursive: true });
    const { code, stderr } = await it.musicfs(["mount", it.mountpoint, "--origin", it.origin], {
      seconds: 30,
    });
    assert.ok(code === 1 || code === 2, `exit code ${code}`);
    assert.match(stderr, /newer/i);
    const listed = await it.musicfs(["events", "list"]);
    assert.ok(listed.code !== 0);
    assert.match(listed.stderr, /newer/i);
  },
});

Deno.test({
  name: "the command line works beside the daemon and without one",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    write(
      `${it.origin}/a.flac`,
      flacFile({ title: "T", artist: "A", album: "B", track: 3, year: 1999 }, { seconds: 1 }),
    );
    write(`${it.origin}/bad.mp3`, new TextEncoder().encode("not music"));
    assert.equal((await it.musicfs(["status"])).code, 3);
    await it.mountAndScan();
    const virtual = "A/B (1999) [FLAC]/03 - T.flac";
    assert.deepEqual(filesBelow(it.mountpoint), [virtual]);
    for (const alone of [false, true]) {
      if (alone) await it.unmount();
      const { origins } = await it.json<{ origins: { tracks: number }[] }>(["origin", "list"]);
      assert.equal(origins[0]!.tracks, 1);
      const unreadable = JSON.stringify(await it.json(["track", "unreadable"]));
      assert.match(unreadable, /bad\.mp3/);
      const mounted = alone ? [] : [`${it.mountpoint}/${virtual}`];
      for (const path of [virtual, `${it.origin}/a.flac`, ...mounted]) {
        const shown = JSON.stringify(await it.json(["track", "show", path]));
        assert.match(shown, /a\.flac/, path);
        assert.match(shown, /"T"/, path);
      }
      assert.equal((await it.musicfs(["track", "show", "nowhere"])).code, 4);
      const listed = await it.json<{ events: { type: string }[] }>(["events", "list"]);
      assert.ok(listed.events.some((event) => event.type === "FilesObserved"));
      const one = await it.json<{ seq: number }>(["events", "show", "1"]);
      assert.equal(one.seq, 1);
      assert.ok(JSON.stringify(await it.json(["events", "stats"])).includes("FilesObserved"));
      const verified = await it.json<{ identical: boolean }>(["events", "verify"]);
      assert.ok(verified.identical);
      const replayed = await it.json<{ files: number }>(["events", "replay"]);
      assert.ok(replayed.files >= 1);
      if (!alone) {
        await until("the tree after a replay", 5000, () => exists(`${it.mountpoint}/${virtual}`));
      }
    }
    for (const args of [["status"], ["origin", "rescan"], ["unmount", it.mountpoint]]) {
      const { code } = await it.musicfs(args);
      assert.ok(code === 3 || code === 4, `${args.join(" ")}: ${code}`);
    }
  },
});

Deno.test({
  name: "--daemon returns once the mount answers, and unmount ends it",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 2 });
    const { code, stderr } = await it.musicfs([
      "mount",
      it.mountpoint,
      "--origin",
      it.origin,
      "--daemon",
    ]);
    assert.equal(code, 0, stderr);
    const status = await it.scanned();
    assert.equal(filesBelow(it.mountpoint).length, 2);
    const pid = status.mounts[0]!.pid;
    const unmounted = await it.musicfs(["unmount", it.mountpoint]);
    assert.equal(unmounted.code, 0, unmounted.stderr);
    await until("the daemon ends", 10_000, () => !exists(`/proc/${pid}`));
    assert.deepEqual([...Deno.readDirSync(it.mountpoint)], []);
  },
});

Deno.test({
  name:
    "a read-only state directory and a full disk are said clearly, and what is known stays readable",
  ignore: !mountable || Deno.uid() !== 0,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 4, albums: 4, tracks: 10 });
    const disk = it.stateDir;
    Deno.mkdirSync(disk);
    assert.equal((await run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", disk])).code, 0);
    try {
      await it.mountAndScan();
      const before = filesBelow(it.mountpoint);
      assert.equal(before.length, 160);

      // Full: what is scanned now can't be appended.
      await run(["sh", "-c", `dd if=/dev/zero of=${disk}/ballast bs=64k 2>/dev/null; true`]);
      makeLibrary(`${it.origin}/more`, { artists: 30, albums: 4, tracks: 10, seed: 2 });
      await it.musicfs(["origin", "rescan", "--wait"], { seconds: 30 });
      assert.deepEqual(filesBelow(it.mountpoint).filter((path) => before.includes(path)), before);
      await until("the log says that the disk is full", 10_000, () => /full|space/i.test(it.log));
      Deno.removeSync(`${disk}/ballast`);
      await until("the scan after there is room again", 60_000, async () => {
        await it.musicfs(["origin", "rescan", "--wait"], { seconds: 30 });
        return (await it.status()).library.tracks === 160 + 1200;
      });
      await it.unmount();

      assert.equal((await run(["mount", "-o", "remount,ro", disk])).code, 0);
      await it.mount();
      await until("the tree", 10_000, () => filesBelow(it.mountpoint).length === 1360);
      await until(
        "the log says that the state directory is read-only",
        10_000,
        () => /read-only/i.test(it.log),
      );
      await it.unmount();
    } finally {
      await it.unmount();
      await run(["umount", "-l", disk]);
    }
  },
});
