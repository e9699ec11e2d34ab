/**
 * Opens of an old version beside a new one, over a real kernel, which keeps one set of pages and one size for both.
 * The numbers in the names are those of src/vfs/SEMANTICS.md.
 */
import assert from "node:assert/strict";
import { FuseMount } from "../support/fuse_mount.ts";
import { needs } from "../support/needs.ts";

const ready = needs("/dev/fuse", "bash", "timeout", "python3");
const root = Deno.uid() === 0 || needs("root");

/** Content of a local file, and content from the store and an engine. */
const KINDS = [{ remote: false }, { remote: true }];

function test(name: string, body: (mount: FuseMount) => Promise<void>, also = true): void {
  Deno.test({
    name,
    ignore: !ready || !also,
    fn: async () => {
      await using mount = new FuseMount();
      await body(mount);
    },
  });
}

const OLD = "o";
const NEW = "n";

function put(mount: FuseMount, version: string, length: number): void {
  // Writes under a new name first, as careful programs do.
  mount.put("a.new", version.repeat(length));
  Deno.renameSync(`${mount.source}/a.new`, `${mount.source}/a.flac`);
}

/** Ways in which the kernel reads pages of a file into its cache by itself. */
const WAYS: Record<string, string> = {
  "a shared map": "seen = mmap.mmap(new, 0, mmap.MAP_SHARED, mmap.PROT_READ)[:]",
  "a private map": "seen = mmap.mmap(new, 0, mmap.MAP_PRIVATE, mmap.PROT_READ)[:]",
  "readahead":
    "libc.readahead(new, ctypes.c_long(0), ctypes.c_size_t(SIZE)); seen = os.pread(new, SIZE, 0)",
  "fadvise":
    "os.posix_fadvise(new, 0, SIZE, os.POSIX_FADV_WILLNEED); seen = os.pread(new, SIZE, 0)",
  "sendfile": `
there = os.memfd_create('there')
while os.sendfile(there, new, None, SIZE) > 0: pass
seen = os.pread(there, SIZE, 0)`,
};

for (const kind of KINDS) {
  for (const [way, taken] of Object.entries(WAYS)) {
    test(`3, 13: an open of the old version reads no byte of the new one that another took in by ${way} (${JSON.stringify(kind)})`, async (mount) => {
      const size = 300_000;
      put(mount, OLD, size);
      await mount.start(kind);
      const client = mount.talk(`
import ctypes, mmap
libc = ctypes.CDLL(None)
SIZE = ${size}
path = M + b'/a.flac'
old = os.open(path, os.O_RDONLY)
say(os.pread(old, SIZE, 0) == b'${OLD}' * SIZE); wait()
os.stat(path); list(os.scandir(M))[0].stat()
new = os.open(path, os.O_RDONLY)
${taken}
say(seen == b'${NEW}' * SIZE)
for offset in 0, 4096, SIZE // 2, SIZE - 1, SIZE:
    for look in os.stat, os.open:
        look(*([path] if look is os.stat else [path, os.O_RDONLY])); list(os.scandir(M))[0].stat()
        try: say(os.pread(old, 100, offset).decode() or 'end of file')
        except OSError as e: say(errno.errorcode[e.errno])
`);
      assert.equal(await client.heard(), "True", "the old version");
      put(mount, NEW, size);
      await mount.command({ op: "refresh", path: "a.flac" });
      await client.goOn();
      assert.equal(await client.heard(), "True", "the new version");
      for (let i = 0; i < 10; i++) assert.equal(await client.heard(), "ESTALE");
      await client.end();
    });
  }

  for (const size of [1_000_000, 5_000_000]) {
    test(`13: who reads the old version gets no end of file by one of ${size} bytes (${JSON.stringify(kind)})`, async (mount) => {
      put(mount, OLD, 3_000_000);
      await mount.start(kind);
      const client = mount.talk(`
import subprocess
path = M + b'/a.flac'
cat = subprocess.Popen(['cat', path], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
say(cat.stdout.read(2000000) == b'${OLD}' * 2000000); wait()
say(os.stat(path).st_size)
say(set(cat.stdout.read()) <= set(b'${OLD}'))
say(cat.wait()); say(b'Stale' in cat.stderr.read())
`);
      assert.equal(await client.heard(), "True");
      put(mount, NEW, size);
      await mount.command({ op: "refresh", path: "a.flac" });
      await client.goOn();
      assert.equal(await client.heard(), String(size));
      assert.equal(
        await client.heard(),
        "True",
        "what came before the error is of the old version",
      );
      assert.equal(await client.heard(), "1");
      assert.equal(await client.heard(), "True");
      await client.end();
    });
  }

  test(`25: what the kernel gives of an old version without asking is an error (${JSON.stringify(kind)})`, async (mount) => {
    const size = 300_000;
    put(mount, OLD, size);
    await mount.start(kind);
    const client = mount.talk(`
import mmap, signal
path = M + b'/a.flac'
old = os.open(path, os.O_RDONLY)
seen = mmap.mmap(old, 0, mmap.MAP_SHARED, mmap.PROT_READ)
say(seen[:] == b'${OLD}' * ${size}); wait()
os.close(os.open(path, os.O_RDONLY))
def ending(touch):
    child = os.fork()
    if child == 0:
        try: touch()
        except OSError as e: os._exit(e.errno)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    return os.WIFSIGNALED(status) and signal.Signals(os.WTERMSIG(status)).name or errno.errorcode[os.WEXITSTATUS(status)]
say(ending(lambda: seen[0]))
say(ending(lambda: seen[${size} - 1]))
say(ending(lambda: os.sendfile(os.memfd_create('there'), old, 0, 100)))
`);
    assert.equal(await client.heard(), "True");
    put(mount, NEW, size);
    await mount.command({ op: "refresh", path: "a.flac" });
    await client.goOn();
    assert.equal(await client.heard(), "SIGBUS");
    assert.equal(await client.heard(), "SIGBUS");
    assert.match(await client.heard(), /^(ESTALE|EIO)$/);
    await client.end();
  });

  test(`13: once the old version is closed, attributes are kept again (${JSON.stringify(kind)})`, async (mount) => {
    put(mount, OLD, 1000);
    await mount.start(kind);
    const client = mount.talk(`
old = os.open(M + b'/a.flac', os.O_RDONLY)
say(os.pread(old, 1, 0).decode()); wait()
for i in range(100): os.stat(M + b'/a.flac')
say('stat'); wait()
os.close(old); say('closed'); wait()
for i in range(100): os.stat(M + b'/a.flac')
say('stat'); wait()
`);
    assert.equal(await client.heard(), OLD);
    put(mount, NEW, 1000);
    await mount.command({ op: "refresh", path: "a.flac" });
    await client.goOn();
    assert.equal(await client.heard(), "stat");
    const { requests: during } = await mount.stats();
    assert.ok(during >= 100, "every look asks while the old version is open");
    await client.goOn();
    assert.equal(await client.heard(), "closed");
    while ((await mount.stats()).openFiles > 0);
    const { requests: before } = await mount.stats();
    await client.goOn();
    assert.equal(await client.heard(), "stat");
    const { requests: after } = await mount.stats();
    assert.ok(after - before <= 2, `${after - before} requests`);
    await client.goOn();
    await client.end();
  });

  test(`14: a file that is gone from the tree is read to its end after everything was forgotten (${JSON.stringify(kind)})`, async (mount) => {
    put(mount, OLD, 1_000_000);
    mount.put("one.flac", "x");
    await mount.start(kind);
    const client = mount.talk(`
file = open(M + b'/a.flac', 'rb')
say(file.read(500000) == b'${OLD}' * 500000); wait()
say(os.fstat(file.fileno()).st_size)
say(file.read() == b'${OLD}' * 500000)
`);
    assert.equal(await client.heard(), "True");
    await mount.command({ op: "remove", path: "a.flac" });
    await mount.command({ op: "prune" });
    await mount.command({ op: "add", path: "b.flac", real: "one.flac" });
    await mount.command({ op: "prune" });
    await mount.command({ op: "add", path: "c.flac", real: "one.flac" });
    await client.goOn();
    assert.equal(await client.heard(), "1000000");
    assert.equal(await client.heard(), "True");
    await client.end();
  });
}

test(
  "17: a file that is passed through stays the old one when it is replaced, to its end",
  async (mount) => {
    put(mount, OLD, 3_000_000);
    await mount.start({ passthrough: true });
    const client = mount.talk(`
import mmap
path = M + b'/a.flac'
old = open(path, 'rb', buffering=0)
say(old.read(2000000) == b'${OLD}' * 2000000); wait()
say(os.stat(path).st_size)
say(old.read() == b'${OLD}' * 1000000)
say(mmap.mmap(old.fileno(), 1000000, mmap.MAP_SHARED, mmap.PROT_READ)[:] == b'${OLD}' * 1000000)
`);
    assert.equal(await client.heard(), "True");
    put(mount, NEW, 1_000_000);
    await mount.command({ op: "refresh", path: "a.flac" });
    await client.goOn();
    assert.equal(await client.heard(), "1000000");
    assert.equal(await client.heard(), "True");
    assert.equal(await client.heard(), "True");
    await client.end();
  },
  root,
);
