/**
 * Unreadable files on an origin that is up: each is named, and none ends a scan, opens the circuit or makes the
 * origin be listed again and again.
 */
import assert from "node:assert/strict";
import type { LibraryFile } from "../support/remote_library.ts";
import { HangingFs } from "../support/hanging_fs.ts";
import { Bucket, Scene, smallFile, test } from "../support/remote_scene.ts";
import { SftpServer } from "../support/sftp_server.ts";

const GOOD = Array.from({ length: 20 }, (_, i) => smallFile(i + 1));
const BAD = Array.from({ length: 40 }, (_, i) => ({ ...smallFile(i + 50), path: `bad ${i}.wav` }));

test("nfs: bad files are named, and the scan continues", async () => {
  await using share = await HangingFs.start();
  await using scene = new Scene(
    `[[origins]]\ntype = "nfs"\nid = "bad"\npath = "${share.mountpoint}"\n`,
    GOOD,
  );
  put(share.source, [...GOOD, ...BAD]);
  await share.failFiles("bad");
  await namesThem(scene, /Input\/output error/);
  await share.recover();
  await scansThem(scene);
});

test("sftp: bad files are named, and the scan continues", async () => {
  await using share = await HangingFs.start();
  await using server = await SftpServer.start();
  await using scene = new Scene(
    `[[origins]]\ntype = "sftp"\nid = "bad"\nhost = "127.0.0.1"\nport = ${server.port}\n` +
      `user = "${server.user}"\npath = "${share.mountpoint}"\n`,
    GOOD,
  );
  Deno.mkdirSync(`${scene.it.base}/.ssh`, { mode: 0o700 });
  Deno.copyFileSync(server.keyFile, `${scene.it.base}/.ssh/id_ed25519`);
  Deno.copyFileSync(server.knownHosts, `${scene.it.base}/.ssh/known_hosts`);
  put(share.source, [...GOOD, ...BAD]);
  await share.failFiles("bad");
  await namesThem(scene, /Failure/);
  await share.recover();
  await scansThem(scene);
});

test("s3: bad files are named, and the scan continues", async () => {
  await using bucket = await Bucket.open(GOOD);
  const { scene, front, server } = bucket;
  for (const { path, bytes } of BAD) server.put("music", path, bytes);
  front.fault = (wish, url) =>
    wish === "object" && url.includes("bad") ? { status: 500, code: "InternalError" } : undefined;
  await namesThem(scene, /500 InternalError/);
  front.fault = () => undefined;
  await scansThem(scene);
});

function put(directory: string, files: readonly LibraryFile[]): void {
  for (const { path, bytes } of files) Deno.writeFileSync(`${directory}/${path}`, bytes);
}

async function namesThem(scene: Scene, reason: RegExp): Promise<void> {
  // On a busy machine sixty files at once may take longer than the tests' shorter deadline.
  delete scene.it.env["MUSICFS_DEADLINE_MS"];
  const { library } = await scene.it.mountAndScan();
  assert.equal(library.tracks, GOOD.length, scene.it.log);
  const { files, directories } = await scene.it.json<
    { files: { path: string; reason: string }[]; directories: unknown[] }
  >(["track", "unreadable"]);
  assert.deepEqual(files.map(({ path }) => path).sort(), BAD.map(({ path }) => path).sort());
  for (const file of files) assert.match(file.reason, reason);
  assert.deepEqual(directories, []);
  await scene.readsRight();
  assert.equal((await scene.origin()).health, "up");
  assert.deepEqual(scene.events("ScanFailed"), [], scene.it.log);
  assert.equal(scene.events("ScanStarted").length, 1);
  const went = scene.events("OriginHealthChanged").filter(({ data }) => data.health === "down");
  assert.deepEqual(went, []);
}

/** Scans again, now that the files can be read. */
async function scansThem(scene: Scene): Promise<void> {
  const [scan] = await scene.it.rescan();
  assert.equal(scan!.outcome, "completed");
  // Good files that were new just before the first scan are read again as well.
  assert.ok(scan!.read >= BAD.length, `${scan!.read}`);
  const { files } = await scene.it.json<{ files: unknown[] }>(["track", "unreadable"]);
  assert.deepEqual(files, []);
}
