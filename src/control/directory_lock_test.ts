import assert from "node:assert/strict";
import { libraryHolder, LibraryInUse, LibraryLock } from "./directory_lock.ts";

function places() {
  const base = Deno.makeTempDirSync();
  const directories = { stateDir: `${base}/state`, cacheDir: `${base}/cache` };
  for (const directory of Object.values(directories)) Deno.mkdirSync(directory);
  return { ...directories, [Symbol.dispose]: () => Deno.removeSync(base, { recursive: true }) };
}

const MOUNT = { command: "mount", mountpoint: "/mnt/music", socket: "/run/music.sock" };

Deno.test("LibraryLock is held by one process at a time, and names it until it is disposed of", async () => {
  using at = places();
  assert.equal(await libraryHolder(at.stateDir), undefined);
  const lock = await LibraryLock.take(at, MOUNT);
  assert.deepEqual(await libraryHolder(at.stateDir), { pid: Deno.pid, ...MOUNT });
  await assert.rejects(LibraryLock.take(at, MOUNT), (error) => {
    assert(error instanceof LibraryInUse);
    assert.equal(
      error.message,
      `Cannot use ${at.stateDir}: process ${Deno.pid} (musicfs mount /mnt/music) uses it`,
    );
    return true;
  });
  lock[Symbol.dispose]();
  assert.equal(await libraryHolder(at.stateDir), undefined);
  (await LibraryLock.take(at, MOUNT))[Symbol.dispose]();
});

Deno.test("LibraryLock: a cache directory has one writer, and the state directory's lock is released when it is refused", async () => {
  using at = places();
  using other = places();
  using _lock = await LibraryLock.take(at, MOUNT);
  const mixed = { stateDir: other.stateDir, cacheDir: at.cacheDir };
  await assert.rejects(LibraryLock.take(mixed, MOUNT), LibraryInUse);
  assert.equal(await libraryHolder(other.stateDir), undefined);
});

Deno.test("LibraryLock: a holder whose note is missing still holds the lock", async () => {
  using at = places();
  using _lock = await LibraryLock.take(at, MOUNT);
  Deno.writeTextFileSync(`${at.stateDir}/state.lock`, '{"pid": 1');
  await assert.rejects(LibraryLock.take(at, MOUNT), /another process uses it/);
});

Deno.test("LibraryLock: processes that only ask who holds it keep nobody from taking it", async () => {
  using at = places();
  let done = false;
  const asking = (async () => {
    while (!done) await libraryHolder(at.stateDir);
  })();
  for (let i = 0; i < 200; i++) (await LibraryLock.take(at, MOUNT))[Symbol.dispose]();
  done = true;
  await asking;
});
