/**
 * Content that is no local file, over a real mount: chunks on the disk, and a stand-in for the engine in a process of
 * its own. The numbers in the names are those of src/vfs/SEMANTICS.md.
 */
import assert from "node:assert/strict";
import { type Conversation, FuseMount } from "../support/fuse_mount.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "bash", "timeout", "python3");
const MB = 1024 * 1024;

function test(name: string, body: (mount: FuseMount) => Promise<void>): void {
  Deno.test({
    name,
    ignore: !ready,
    fn: async () => {
      await using mount = new FuseMount();
      await body(mount);
    },
  });
}

function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (Math.imul(i, 2654435761) >>> 13) + seed;
  return bytes;
}

async function same(mount: FuseMount, path = "a.flac"): Promise<void> {
  const { stdout, stderr } = await mount.sh(`cmp $M/${path} $S/${path} && echo same`);
  assert.equal(stdout, "same\n", stderr);
}

test("20: content comes from the store, from the engine, and from both", async (mount) => {
  for (const name of ["stored", "fetched", "mixed"]) {
    mount.put(`${name}.flac`, pattern(3 * MB + 77, name.length));
  }
  mount.put("empty.flac", "");
  await mount.start({ remote: true });
  await mount.command({
    op: "store",
    path: "stored.flac",
    from: 0,
    to: 3 * MB + 77,
    length: 65536,
  });
  await mount.command({
    op: "store",
    path: "mixed.flac",
    from: 100_000,
    to: 2 * MB,
    length: 50_000,
  });
  await same(mount, "empty.flac");
  await same(mount, "stored.flac");
  assert.deepEqual((await mount.asked()).fetches, []);
  assert.deepEqual((await mount.asked()).fetches, []);
  await same(mount, "fetched.flac");
  await same(mount, "mixed.flac");
  const { hits, misses, pending, openFiles } = await mount.stats();
  assert.ok(hits > 0 && misses > 0);
  assert.deepEqual({ pending, openFiles }, { pending: 0, openFiles: 0 });
});

/** A client that reads the start of a file, and prints the outcome. */
function reader(mount: FuseMount, name: string): Conversation {
  return mount.talk(`
fd = os.open(M + b'/${name}', os.O_RDONLY)
try: say(len(os.pread(fd, 100000, 0)))
except OSError as e: say(errno.errorcode[e.errno])
`);
}

/** Waits until this many reads wait for the engine, which does not answer. */
async function waiting(mount: FuseMount, reads: number): Promise<void> {
  await until(`${reads} reads wait`, 10_000, async () => (await mount.stats()).pending === reads);
}

test("24: a held read holds up neither other requests nor the end of the process", async (mount) => {
  mount.put("held.flac", pattern(3 * MB, 1));
  mount.put("other.flac", pattern(3 * MB, 2));
  await mount.start({ remote: true });
  const look = mount.talk(`
def look(): say([os.stat(M + b'/other.flac').st_size, sorted(os.listdir(M))]); wait()
look()
look()
say([len(open(M + b'/' + name, 'rb').read(0)) for name in (b'other.flac', b'held.flac')])
`);
  assert.equal(await look.heard(), "[3145728, [b'held.flac', b'other.flac']]");
  await mount.behave({ held: true });
  const held = reader(mount, "held.flac");
  await waiting(mount, 1);
  mount.put("other.flac", pattern(2 * MB, 3));
  mount.put("new.flac", "x");
  await mount.command({ op: "refresh", path: "other.flac" });
  // The kernel is told that everything may have changed, also the file with the held read.
  await mount.command({ op: "prune" });
  await mount.command({ op: "add", path: "new.flac" });
  await mount.command({ op: "prune" });
  await mount.command({ op: "told" });
  await look.goOn();
  assert.equal(await look.heard(), "[2097152, [b'held.flac', b'new.flac', b'other.flac']]");
  await look.goOn();
  assert.equal(await look.heard(), "[0, 0]");
  await look.end();
  assert.equal((await mount.stats()).pending, 1);
  await mount.behave({ held: false });
  assert.equal(await held.heard(), "100000");
  await held.end();

  await mount.behave({ held: true });
  const last = reader(mount, "other.flac");
  await waiting(mount, 1);
  await mount.command({ op: "prune" });
  await mount.command({ op: "add", path: "newer.flac", real: "new.flac" });
  await mount.kill();
  assert.match(await last.heard(), /ENOTCONN|ECONNABORTED/);
  await last.end();
});

test("13: a held read fails at once when the file gets another version", async (mount) => {
  mount.put("a.flac", pattern(MB, 1));
  await mount.start({ remote: true });
  await mount.behave({ held: true });
  const held = reader(mount, "a.flac");
  await waiting(mount, 1);
  mount.put("a.flac", pattern(2 * MB, 2));
  await mount.command({ op: "refresh", path: "a.flac" });
  assert.match(await held.heard(), /ESTALE|EIO/);
  await held.end();
  await mount.behave({ held: false });
  await same(mount);
});

test("21: an engine that fails, crashes or is silent", async (mount) => {
  for (const name of ["stale", "crash", "silent"]) mount.put(`${name}.flac`, pattern(MB, 1));
  await mount.start({ remote: true, readDeadlineMs: 2_000 });
  await mount.behave({ errno: "ESTALE" });
  const stale = reader(mount, "stale.flac");
  assert.match(await stale.heard(), /ESTALE|EIO/);
  await stale.end();
  await mount.behave({ errno: null, held: true });
  const crash = reader(mount, "crash.flac");
  await waiting(mount, 1);
  await mount.command({ op: "engine", method: "test.crash", params: {} });
  assert.equal(await crash.heard(), "100000", "the next engine is asked again");
  await crash.end();
  await mount.behave({ held: true });
  const silent = reader(mount, "silent.flac");
  assert.equal(await silent.heard(), "EIO");
  await silent.end();
});

test("a reader that is killed while it waits leaves nothing behind, also when the mount ends", async (mount) => {
  for (const name of ["a", "b"]) mount.put(`${name}.flac`, pattern(3 * MB, 1));
  await mount.start({ remote: true, readDeadlineMs: 60_000 });
  await mount.behave({ held: true });
  await mount.sh("timeout -s KILL 1 cat $M/a.flac > /dev/null");
  await mount.behave({ held: false });
  await until("all is answered and closed", 10_000, async () => {
    const { pending, openFiles } = await mount.stats();
    return pending === 0 && openFiles === 0;
  });
  await mount.behave({ held: true });
  const waits = reader(mount, "b.flac");
  await waiting(mount, 1);
  await mount.stop();
  assert.match(await waits.heard(), /ENOTCONN|ECONNABORTED|EIO/);
  await waits.end();
});

test("200 reads wait for the engine at the same time, and take no memory for it", async (mount) => {
  for (let i = 0; i < 200; i++) mount.put(`${i}.flac`, pattern(MB, i));
  await mount.start({ remote: true });
  await mount.sh("stat $M/* > /dev/null");
  await mount.behave({ held: true });
  const before = (await mount.stats()).rss;
  const client = mount.talk(`
import threading
wrong = []
def read(i):
    got = os.pread(os.open(M + b'/%d.flac' % i, os.O_RDONLY), 1000000, 0)
    if got != os.pread(os.open(S + b'/%d.flac' % i, os.O_RDONLY), 1000000, 0):
        wrong.append([i, len(got)])
threads = [threading.Thread(target=read, args=(i,)) for i in range(200)]
for t in threads: t.start()
for t in threads: t.join()
say(wrong)
`);
  await until("200 reads wait", 10_000, async () => (await mount.stats()).pending >= 200);
  const grown = (await mount.stats()).rss - before;
  assert.ok(grown < 20 * MB, `${grown} bytes`);
  await mount.behave({ held: false });
  assert.equal(await client.heard(), "[]");
  await client.end();
});

test("1,500 remote files are open at once, and pages are kept from one open to the next", async (mount) => {
  mount.put("a.flac", pattern(MB, 1));
  for (let i = 0; i < 1500; i++) mount.put(`many/${i}.flac`, `${i}`);
  await mount.start({ remote: true });
  const { stdout, stderr } = await mount.py(`
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, 4096))
files = [os.open(M + b'/many/%d.flac' % i, os.O_RDONLY) for i in range(1500)]
print(all(os.pread(fd, 100, 0) == b'%d' % i for i, fd in enumerate(files)))
`);
  assert.equal(stdout, "True\n", stderr);
  await same(mount);
  const { requests } = await mount.stats();
  const { fetches } = await mount.asked();
  await same(mount);
  assert.equal((await mount.asked()).fetches.length, fetches.length);
  assert.ok((await mount.stats()).requests - requests <= 4);
});
