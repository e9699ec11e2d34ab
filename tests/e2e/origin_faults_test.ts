/**
 * Faults of an origin, and of the engine, while its files are read: bytes are old or new, never mixed, and an origin
 * that returns is used again.
 */
import assert from "node:assert/strict";
import { Conversation } from "../support/fuse_mount.ts";
import {
  type LibraryFile,
  libraryFiles,
  noisyWav,
  openPlace,
  tagsOf,
} from "../support/remote_library.ts";
import { CALL_MS_MAX, pause, Scene, test } from "../support/remote_scene.ts";
import { until } from "../support/until.ts";

for (const kind of ["nfs", "s3", "sftp"] as const) {
  test(`${kind}: a file that becomes another of the same size is old, then stale, then new`, async () => {
    await using place = await openPlace(kind);
    const [old, other] = [1, 2].map((seed) => noisyWav(tagsOf(1), 3_000_000, seed));
    const file: LibraryFile = { ...libraryFiles()[0]!, bytes: old! };
    await using scene = Scene.on(place, [file]);
    await scene.it.mountAndScan();
    const reader = readerInSteps(`${scene.it.mountpoint}/${file.virtualPath}`, old!, other!);
    try {
      assert.equal(await reader.heard(), "old");
      place.put(file.path, other!);
      // Has the kernel forget its pages, as a real network file system would.
      await place.comeBack();
      await scene.clearCache();
      await reader.goOn();
      // SFTP still has the replaced file open.
      assert.match(await reader.heard(), kind === "sftp" ? /^(ESTALE|old)$/ : /^ESTALE$/);
      await scene.it.rescan();
      await reader.goOn();
      assert.match(await reader.heard(), /^(ESTALE|EIO|old)$/, "a handle stays with its version");
      await reader.goOn();
      assert.equal(await reader.heard(), "new", "one that is opened anew has the new one");
    } finally {
      await reader.end();
    }
    assert.deepEqual(scene.events("ChunkCorrupted"), []);
    assert.equal((await scene.origin()).health, "up");
  });

  test(`${kind}: an origin that falls silent in the middle of a file, and comes back`, async () => {
    await using place = await openPlace(kind);
    const [bytes, other] = [1, 2].map((seed) => noisyWav(tagsOf(1), 9_000_000, seed));
    const file: LibraryFile = { ...libraryFiles()[0]!, bytes: bytes! };
    await using scene = Scene.on(place, [file]);
    await scene.it.mountAndScan();
    const reader = readerInSteps(`${scene.it.mountpoint}/${file.virtualPath}`, bytes!, other!);
    try {
      assert.equal(await reader.heard(), "old");
      await place.goSilent();
      const begin = Date.now();
      await reader.goOn();
      assert.equal(await reader.heard(), "EIO", scene.it.log);
      assert.ok(Date.now() - begin < CALL_MS_MAX, scene.it.log);
      await place.comeBack();
      await scene.isUp();
      await reader.goOn();
      assert.equal(await reader.heard(), "old", "the same handle goes on");
      await reader.goOn();
      assert.equal(await reader.heard(), "old");
    } finally {
      await reader.end();
    }
    assert.deepEqual(scene.events("ChunkCorrupted"), []);
  });

  test(`${kind}: the files of an origin that is away at the first mount are shown when it comes`, async () => {
    await using place = await openPlace(kind);
    await using scene = Scene.on(place);
    await place.goOffline();
    await scene.it.mount();
    await until("it is down", CALL_MS_MAX, async () => (await scene.origin())?.health === "down");
    assert.equal((await scene.it.status()).library.tracks, 0);
    await place.comeBack();
    await until(
      "the tree is there",
      CALL_MS_MAX,
      async () => (await scene.it.status()).library.tracks === scene.files.length,
    );
    await scene.readsRight();
  });

  test(`${kind}: SIGKILL of the engine in the middle of fetches goes unnoticed`, async () => {
    await using place = await openPlace(kind);
    await using scene = Scene.on(place);
    await scene.it.mountAndScan();
    await place.degrade();
    let isReading = true;
    const reading = scene.readsRight().finally(() => isReading = false);
    let kills = 0;
    while (isReading && kills < 3) {
      const { cache, engine } = await scene.it.status();
      if (cache.misses > kills * 6 && engine.state === "running") {
        Deno.kill(engine.pid!, "SIGKILL");
        kills++;
      }
      await pause(100);
    }
    await reading;
    assert.ok(kills > 0, "the files were read before the engine could be killed");
    assert.equal((await scene.it.status()).engine.restarts, kills);
    await scene.readsRight();
    const { corrupt } = await scene.it.json<{ corrupt: unknown[] }>(["cache", "verify"]);
    assert.deepEqual(corrupt, []);
  });
}

/**
 * A client that reads a part, another part of the same handle twice, and the whole file anew. It prints for each
 * whose bytes it got, or the errno.
 */
function readerInSteps(path: string, old: Uint8Array, other: Uint8Array): Conversation {
  const base = Deno.makeTempDirSync();
  Deno.writeFileSync(`${base}/old`, old);
  Deno.writeFileSync(`${base}/new`, other);
  const script = `
import os, sys, errno, shutil
path, base = sys.argv[1:]
versions = {name: open(os.path.join(base, name), 'rb').read() for name in ('old', 'new')}
shutil.rmtree(base)
def say(what): print(what, flush=True); sys.stdin.readline()
def read(fd, offset, length):
    given = b''
    os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_DONTNEED)
    while len(given) < length:
        try: more = os.pread(fd, length - len(given), offset + len(given))
        except OSError as error:
            if given == b'': return errno.errorcode[error.errno]
            break
        if more == b'': return 'SHORT'
        given += more
    for name, bytes in versions.items():
        if given == bytes[offset : offset + len(given)]: return name
    return 'MIXED'
fd = os.open(path, os.O_RDONLY)
size = len(versions['old'])
say(read(fd, 200_000, 100_000))
say(read(fd, size - 500_000, 400_000))
say(read(fd, size - 500_000, 400_000))
say(read(os.open(path, os.O_RDONLY), 0, size))
`;
  return new Conversation(
    new Deno.Command("timeout", {
      args: ["-k", "5", "60", "python3", "-c", script, path, base],
      stdin: "piped",
      stdout: "piped",
    }).spawn(),
  );
}
