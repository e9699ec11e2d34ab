/**
 * The single binary: built by `scripts/compile.ts`, it mounts from a directory in which there is nothing,
 * with its workers, its native add-on and its engine inside.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { createHash } from "node:crypto";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { PhotonImage } from "@cf-wasm/photon";
import { flacFile } from "../../scripts/audio/mod.ts";
import { compile, NOTICE } from "../../scripts/compile.ts";
import { makeLibrary } from "../../scripts/make_library.ts";
import { bundledPackages } from "../../scripts/third_party.ts";
import { connectControl } from "../../src/control/mod.ts";
import { sizeOfPicture } from "../../src/formats/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { write } from "../support/tree.ts";
import { until } from "../support/until.ts";
import { libraryFiles, openPlace } from "../support/remote_library.ts";

/** Makes a Deno that compiles and its base, for machines that can't download one. */
const PAIR = fileURLToPath(new URL("../../../shared/tools/denort.sh", import.meta.url));
const hasPair = await Deno.stat(PAIR).then(() => true, () => false);
const canCompile = hasPair || await canDownload() || needs(PAIR);

/** The program as a binary, started in an empty directory. */
class BinaryInstallation extends Installation {
  readonly binary = join(this.base, "bin", "musicfs");
  readonly empty = join(this.base, "empty");

  constructor(options: { config?: string } = {}) {
    super(options);
    Deno.mkdirSync(join(this.base, "bin"));
    Deno.mkdirSync(this.empty);
    // The directory to which a binary unpacks its native add-ons.
    this.env = { TMPDIR: this.base };
  }

  override command(args: readonly string[]): string[] {
    return ["env", "-C", this.empty, this.binary, ...args, ...this.globals];
  }
}

/** Whether this machine can download Deno's base binary. */
async function canDownload(): Promise<boolean> {
  const url = "https://dl.deno.land/release-latest.txt";
  return await fetch(url, { signal: AbortSignal.timeout(5_000) }).then(async (response) => {
    await response.body?.cancel();
    return response.ok;
  }, () => false);
}

async function compilePair(): Promise<{ deno?: string; env?: Record<string, string> }> {
  if (!hasPair) return {};
  const { code, stdout, stderr } = await run([PAIR], { seconds: 300 });
  assert.equal(code, 0, stderr);
  const value = (name: string) => new RegExp(`${name}=(\\S+)`).exec(stdout)![1]!;
  return {
    deno: value("DENO_COMPILE_BIN"),
    env: { DENORT_BIN: value("DENORT_BIN"), DENO_TLS_CA_STORE: "system" },
  };
}

Deno.test({
  name:
    "the compiled binary mounts from an empty directory, scans, and gives the bytes of the files",
  ignore: !canCompile || !needs("/dev/fuse"),
  async fn() {
    await using it = new BinaryInstallation();
    await compile({ output: it.binary, ...await compilePair() });
    carriesNoTestLibrary(it.binary);
    carriesLicences(it.binary);

    const made = makeLibrary(it.origin, { artists: 3, albums: 4, tracks: 6 });
    const status = await it.mountAndScan();
    assert.equal(status.library.tracks + status.library.unreadable, made.files);
    assert.equal(status.library.unreadable, 0);

    const shown = await it.json<{ virtual_path: string; real_path: string }>([
      "track",
      "show",
      join(it.origin, made.tracks[0]!.path),
    ]);
    const sha256 = (path: string) =>
      createHash("sha256").update(Deno.readFileSync(path)).digest("hex");
    assert.equal(sha256(join(it.mountpoint, shown.virtual_path)), sha256(shown.real_path));

    const found = await it.json<{ total: number }>([
      "search",
      `artist:"${made.tracks[0]!.tags.artist}"`,
    ]);
    assert.ok(found.total > 0);
    await makesCoversSmaller(it);

    const verified = await it.json<{ identical: boolean }>(["events", "verify"]);
    assert.equal(verified.identical, true);
    assert.equal(await it.unmount(), 0);
    await makesOneProjectionAnew(it);
    assert.deepEqual([...Deno.readDirSync(it.empty)], []);
    await readsRemoteOrigins(it.binary);
    await outlivesItsFile(it.binary);
  },
});

/** What decodes pictures is a part of the binary. */
async function makesCoversSmaller(it: Installation): Promise<void> {
  const picture = new Uint8Array(
    new PhotonImage(new Uint8Array(200 * 200 * 4), 200, 200).get_bytes(),
  );
  const tags = { title: "T", artist: "Painter", album: "B", track: 1, year: 2001, picture };
  write(`${it.origin}/painter/1.flac`, flacFile(tags));
  await it.rescan();
  const bytes = await Deno.readFile(`${it.mountpoint}/Painter/B (2001) [FLAC]/cover-150.jpg`);
  assert.deepEqual(sizeOfPicture(bytes), { width: 150, height: 150 });
}

/** After an upgrade one projection may be of another version: it is made anew, and the others are copied. */
async function makesOneProjectionAnew(it: Installation): Promise<void> {
  const directory = join(it.cacheDir, "projections");
  const serving = () => Deno.readTextFileSync(join(directory, "CURRENT")).trim();
  const before = serving();
  const db = new DatabaseSync(join(directory, before));
  db.exec("UPDATE library SET versions = json_set(versions, '$.status', 0)");
  db.close();
  const { library } = await it.mountAndScan();
  await until("another library serves", 30_000, () => serving() !== before);
  const verified = await it.json<{ identical: boolean }>(["events", "verify"]);
  assert.equal(verified.identical, true, it.log);
  assert.equal((await it.status()).library.tracks, library.tracks);
  assert.equal(await it.unmount(), 0);
}

/**
 * Packages that only tests need stay out of the binary. The binary names each package that it carries, with its version
 * (`ssh2@1.17.0`, or `ssh2/1.17.0` in the path from which a bundle says that a part comes).
 */
function carriesNoTestLibrary(binary: string): void {
  const bytes = Buffer.from(Deno.readFileSync(binary).buffer);
  const lock = JSON.parse(Deno.readTextFileSync(new URL("../../deno.lock", import.meta.url)));
  const carried = (name: string) =>
    Object.keys(lock.npm).some((id) =>
      id.startsWith(`${name}@`) &&
      (bytes.includes(id) || bytes.includes(id.replace(/@([^@]*)$/, "/$1")))
    );
  const ours = ["lmdb", "music-metadata", "ssh2"];
  assert.deepEqual([...ours, "fast-check", "koa", "s3rver", "winston"].filter(carried), ours);
}

/** The notice beside the binary has each package of which the binary has parts, and what lies in those. */
function carriesLicences(binary: string): void {
  const notice = Deno.readTextFileSync(join(dirname(binary), NOTICE));
  const named = new Set(notice.matchAll(/^(\S+@\S+): /gm).map(([, id]) => id!));
  const carried = bundledPackages(Buffer.from(Deno.readFileSync(binary).buffer).toString("latin1"));
  assert(carried.size > 20, "the binary says where its parts come from");
  assert.deepEqual([...carried].filter((id) => !named.has(id)), []);
  for (const name of ["lmdb", "@lmdb/lmdb-linux-x64", "ssh2", "music-metadata"]) {
    assert([...named].some((id) => id.startsWith(`${name}@`)), name);
  }
  assert.match(notice, /The OpenLDAP Public License/);
}

/** An upgrade replaces the binary's file: the mount still starts the engine that belongs to it. */
async function outlivesItsFile(binary: string): Promise<void> {
  await using it = new BinaryInstallation();
  it.env["MUSICFS_ENGINE_IDLE_MS"] = "200";
  it.env["MUSICFS_WATCH"] = "off";
  Deno.copyFileSync(binary, it.binary);
  makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 2 });
  await it.mountAndScan();
  const atRest = () =>
    until("the engine leaves", 30_000, async () => (await it.status()).engine.state === "off");
  await atRest();
  Deno.writeTextFileSync(`${it.base}/upgrade`, "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  Deno.renameSync(`${it.base}/upgrade`, it.binary);
  const made = makeLibrary(it.origin, { artists: 2, albums: 1, tracks: 2 });
  const client = await connectControl(it.socket);
  try {
    for (let i = 0; i < 2; i++) {
      const params = { ids: [], full: false, wait: true };
      const [scan] = await client.request("origin.rescan", params, { deadlineMs: 60_000 });
      assert.equal(scan!.outcome, "completed", it.log);
      await atRest();
    }
  } finally {
    await client.close();
  }
  const { engine, library } = await it.status();
  assert(library.tracks >= made.files);
  assert.equal(engine.restarts, 0, it.log);
  assert.equal(await it.unmount(), 0);
  assert.equal(await Deno.stat(`${it.cacheDir}/program`).catch(() => undefined), undefined);
}

/** The code of remote origins is loaded late, some of it in worker threads: the binary must carry it too. */
async function readsRemoteOrigins(binary: string): Promise<void> {
  await using nfs = await openPlace("nfs");
  await using s3 = await openPlace("s3");
  await using sftp = await openPlace("sftp");
  const places = [nfs, s3, sftp];
  await using it = new BinaryInstallation({ config: places.map(({ table }) => table).join("\n") });
  Deno.copyFileSync(binary, it.binary);
  const files = libraryFiles().slice(0, places.length);
  for (const [i, place] of places.entries()) {
    place.admit(it);
    place.put(files[i]!.path, files[i]!.bytes);
  }
  await it.mountAndScan();
  for (const { virtualPath, bytes } of files) {
    const original = join(it.base, "original");
    Deno.writeFileSync(original, bytes);
    const { code } = await run(["cmp", join(it.mountpoint, virtualPath), original]);
    assert.equal(code, 0, `${virtualPath}: ${it.log}`);
  }
  assert.equal(await it.unmount(), 0);
}
