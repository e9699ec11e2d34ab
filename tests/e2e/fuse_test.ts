/**
 * The protocol with a real kernel: a daemon over a tree in memory, clients in other processes. The numbers in the
 * names are those of src/vfs/SEMANTICS.md.
 */
import assert from "node:assert/strict";
import { FUSE_DAEMON, FuseMount } from "../support/fuse_mount.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "bash", "timeout");
const python = needs("python3");
const root = Deno.uid() === 0 || needs("root");
const MODES = [{ passthrough: false }, { passthrough: true }];

function test(
  name: string,
  body: (mount: FuseMount) => Promise<void>,
  also: boolean = true,
): void {
  Deno.test({
    name,
    ignore: !ready || !also,
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

for (const mode of MODES) {
  test(`16: every file has the sha256 of its original (${JSON.stringify(mode)})`, async (mount) => {
    mount.put("empty.flac", "");
    mount.put("a/one.flac", "x");
    for (const size of [4095, 4096, 4097, 131_072, 262_144, 1_048_577, 9_000_001]) {
      mount.put(`a/b c/${size}.flac`, pattern(size, size));
    }
    await mount.start(mode);
    const { code, stdout, stderr } = await mount.sh(`
      diff <(cd $M && find . -type f -exec sha256sum {} + | sort -k2) \
           <(cd $S && find . -type f -exec sha256sum {} + | sort -k2) && echo same`);
    assert.equal(stdout, "same\n", stderr);
    assert.equal(code, 0);
    // Reads once more, from the pages that the kernel kept.
    assert.equal((await mount.sh("diff -r $M $S && echo same")).stdout, "same\n");
    const { openFiles, drifts } = await mount.stats();
    assert.deepEqual({ openFiles, drifts }, { openFiles: 0, drifts: [] });
  });
}

test("8, 9: attributes, statfs and access are those of a read-only library", async (mount) => {
  mount.put("artist/album/track.flac", pattern(1025, 1));
  Deno.utimeSync(`${mount.source}/artist/album/track.flac`, 0, 1_234_567_890.25);
  await mount.start();
  const { stdout } = await mount.sh(
    `cd $M/artist/album && stat -c '%F %a %h %s %b %u %g %.Y %.X %.Z' . track.flac
     stat -f -c '%l %a %f' . ; [ -r track.flac ] && [ ! -w . ] && echo readable
     readlink track.flac || echo no link`,
  );
  assert.deepEqual(stdout.trim().split("\n"), [
    "directory 555 1 0 0 0 0 1234567890.250000000 1234567890.250000000 1234567890.250000000",
    "regular file 444 1 1025 3 0 0 1234567890.250000000 1234567890.250000000 1234567890.250000000",
    "255 0 0",
    "readable",
    "no link",
  ]);
}, root);

test("a second listing and a second stat ask nothing", async (mount) => {
  for (let i = 0; i < 50; i++) mount.put(`d/${i}.flac`, "x");
  await mount.start();
  const look = () => mount.sh("cd $M/d; ls -a > /dev/null; stat * nope > /dev/null; true");
  await look();
  const { requests } = await mount.stats();
  await look();
  assert.ok((await mount.stats()).requests - requests <= 2);
});

test(
  "7: a listing of 100,000 returns what stays exactly once while others come and go",
  async (mount) => {
    mount.put("one.flac", "x");
    await mount.start();
    const many = (op: "add_many" | "remove_many", from: number, to: number) =>
      mount.command({ op, directory: "wide", from, to, real: "one.flac" });
    await many("add_many", 0, 100_000);
    const client = mount.talk(`
seen = []
with os.scandir(M + b'/wide') as entries:
    for i, entry in enumerate(entries):
        seen.append(int(entry.name[:-5]))
        if i in (20000, 60000): say('midway'); wait()
stays = [n for n in seen if 10000 <= n < 20000 or 30000 <= n < 90000 or 95000 <= n < 100000]
say(f'{len(stays)} {len(set(stays))} {len(seen) == len(set(seen))}')
wait()
say(len(set(os.listdir(M + b'/wide'))))
`);
    assert.equal(await client.heard(), "midway");
    await many("remove_many", 0, 10_000);
    await many("remove_many", 20_000, 30_000);
    await many("add_many", 100_000, 103_000);
    await client.goOn();
    assert.equal(await client.heard(), "midway");
    await many("remove_many", 90_000, 95_000);
    await many("add_many", 103_000, 104_000);
    await client.goOn();
    assert.equal(await client.heard(), "75000 75000 True");
    await client.goOn();
    assert.equal(await client.heard(), "79000");
    await client.end();
  },
  python,
);

test("7: getdents with any size of buffer lists everything once", async (mount) => {
  mount.put("one.flac", "x");
  await mount.start();
  await mount.command({ op: "add_many", directory: "w", from: 0, to: 3000, real: "one.flac" });
  const { stdout, stderr } = await mount.py(`
import ctypes, struct, platform
libc = ctypes.CDLL(None, use_errno=True)
number = {'x86_64': 217, 'aarch64': 61}[platform.machine()]
for size in (280, 1000, 4096, 32768, 1 << 20):
    fd = os.open(M + b'/w', os.O_RDONLY | os.O_DIRECTORY)
    buffer = ctypes.create_string_buffer(size)
    names = []
    while True:
        n = libc.syscall(number, fd, buffer, size)
        if n <= 0: break
        at = 0
        while at < n:
            ino, off, length, kind = struct.unpack_from('<QqHB', buffer.raw, at)
            name = buffer.raw[at + 19:at + length].split(b'\\0')[0]
            if name[:1] != b'.': assert os.stat(b'%s/w/%s' % (M, name)).st_ino == ino
            names.append(name)
            at += length
    assert names[:2] == [b'.', b'..'], names[:2]
    print(size, n, len(names), len(set(names)))
`);
  assert.deepEqual(
    stdout.trim().split("\n"),
    [280, 1000, 4096, 32768, 1 << 20].map((size) => `${size} 0 3002 3002`),
    stderr,
  );
}, python);

test("5: a name that was missing appears, and one that was there disappears", async (mount) => {
  mount.put("a/1.flac", "one");
  mount.put("a/2.flac", "two");
  await mount.start();
  const client = mount.talk(`
def there(name):
    try: return os.stat(M + b'/a/' + name).st_size
    except FileNotFoundError: return None
def look(): say([there(b'1.flac'), there(b'new.flac'), sorted(os.listdir(M + b'/a'))])
for i in range(4): look(); look(); wait()
`);
  const both = async (expected: string) => {
    assert.equal(await client.heard(), expected);
    assert.equal(await client.heard(), expected);
  };
  await both("[3, None, [b'1.flac', b'2.flac']]");
  mount.put("a/new.flac", "newer");
  await mount.command({ op: "add", path: "a/new.flac" });
  await client.goOn();
  await both("[3, 5, [b'1.flac', b'2.flac', b'new.flac']]");
  await mount.command({ op: "remove", path: "a/1.flac" });
  await client.goOn();
  await both("[None, 5, [b'2.flac', b'new.flac']]");
  await mount.command({ op: "move", from: "a/new.flac", to: "a/1.flac" });
  await client.goOn();
  await both("[5, None, [b'1.flac', b'2.flac']]");
  await client.goOn();
  await client.end();
}, python);

test("5, 13: a new version is seen at once; the open of the old one fails", async (mount) => {
  mount.put("a.flac", pattern(3_000_000, 1));
  await mount.start();
  const client = mount.talk(`
path = M + b'/a.flac'
old = os.open(path, os.O_RDONLY)
os.posix_fadvise(old, 0, 0, os.POSIX_FADV_RANDOM)
first = os.pread(old, 4096, 0)
say(first[:1].hex()); wait()
size = os.stat(path).st_size
try: os.pread(old, 4096, 2000000); late = 'read'
except OSError as e: late = errno.errorcode[e.errno]
new = os.open(path, os.O_RDONLY)
say(f'{size} {late} {os.pread(new, 1, 0).hex()} {len(os.pread(new, 1 << 22, 0))}')
try: again = os.pread(old, 4096, 0)[:1].hex()
except OSError as e: again = errno.errorcode[e.errno]
say(again)
os.close(old); os.close(new)
say(open(path, 'rb').read()[:1].hex())
`);
  assert.equal(await client.heard(), "01");
  // After a rename, those who have the old file open keep it: only the tree tells that it changed.
  mount.put("a.new", pattern(2_500_000, 2));
  Deno.renameSync(`${mount.source}/a.new`, `${mount.source}/a.flac`);
  await mount.command({ op: "refresh", path: "a.flac" });
  await client.goOn();
  assert.equal(await client.heard(), "2500000 ESTALE 02 2500000");
  assert.equal(await client.heard(), "ESTALE");
  assert.equal(await client.heard(), "02");
  await client.end();
}, python);

/** Reads the whole file again and again, and prints how often. Bytes of two versions in one read are a failure. */
const WHOLE_READS = `
say('started')
whole = failed = 0
import select
while not select.select([sys.stdin], [], [], 0)[0]:
    try:
        with open(M + b'/a.flac', 'rb', buffering=0) as file:
            seen = set()
            while chunk := file.read(65536): seen.update(chunk)
            assert len(seen) <= 1, seen
            whole += 1
    except OSError as e:
        assert e.errno == errno.ESTALE, e
        failed += 1
wait()
say(whole)
`;

for (
  const { passthrough, inPlace } of [
    { passthrough: false, inPlace: false },
    { passthrough: false, inPlace: true },
    // A file that is overwritten in place while it is passed through has no single version (SEMANTICS 17).
    { passthrough: true, inPlace: false },
  ]
) {
  const how = `${passthrough ? "passed through" : "plain"}, ${inPlace ? "in place" : "renamed"}`;
  test(`3: readers never see two versions while a file is replaced (${how})`, async (mount) => {
    const version = (i: number) => new Uint8Array(700_000 + (i % 3) * 100_000).fill(i);
    mount.put("a.flac", version(0));
    await mount.start({ passthrough });
    const clients = Array.from({ length: 3 }, () => mount.talk(WHOLE_READS));
    for (const client of clients) assert.equal(await client.heard(), "started");
    for (let i = 1; i <= 100; i++) {
      mount.put(inPlace ? "a.flac" : "a.new", version(i));
      if (!inPlace) Deno.renameSync(`${mount.source}/a.new`, `${mount.source}/a.flac`);
      // Now and then the tree misses a version and learns only of the next.
      if (i % 4 !== 0) await mount.command({ op: "refresh", path: "a.flac" });
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    await mount.command({ op: "refresh", path: "a.flac" });
    for (const client of clients) {
      await client.goOn();
      assert.ok(Number(await client.heard()) > 0);
      await client.end();
    }
    assert.equal((await mount.sh("cmp $M/a.flac $S/a.flac && echo same")).stdout, "same\n");
  }, python && (root || !passthrough));
}

test("18: while an old version is passed through, opening the new one fails", async (mount) => {
  mount.put("a.flac", pattern(1_000_000, 1));
  await mount.start({ passthrough: true });
  const client = mount.talk(`
path = M + b'/a.flac'
old = os.open(path, os.O_RDONLY)
say('open'); wait()
try: os.open(path, os.O_RDONLY); say('opened')
except OSError as e: say(errno.errorcode[e.errno])
say(os.pread(old, 1, 999999).hex()); os.close(old)
for i in range(100):
    try: say(open(path, 'rb').read(1).hex()); break
    except OSError as e: os.sched_yield()
`);
  assert.equal(await client.heard(), "open");
  mount.put("a.new", pattern(1_000_000, 2));
  Deno.renameSync(`${mount.source}/a.new`, `${mount.source}/a.flac`);
  await mount.command({ op: "refresh", path: "a.flac" });
  await client.goOn();
  assert.equal(await client.heard(), "ESTALE");
  assert.equal(await client.heard(), pattern(1_000_000, 1).at(-1)!.toString(16).padStart(2, "0"));
  assert.equal(await client.heard(), "02");
  await client.end();
}, python && root);

for (const mode of MODES) {
  test(`11: no byte of a file that changed behind the tree's back (${JSON.stringify(mode)})`, async (mount) => {
    const names = ["shrunk", "grown", "vanished", "replaced"];
    for (const name of names) mount.put(`${name}.flac`, pattern(400_000, 1));
    await mount.start(mode);
    await mount.sh("ls -la $M");
    Deno.truncateSync(`${mount.source}/shrunk.flac`, 1000);
    Deno.writeTextFileSync(`${mount.source}/grown.flac`, "more", { append: true });
    Deno.removeSync(`${mount.source}/vanished.flac`);
    mount.put("replaced.flac", pattern(400_000, 2));
    for (const name of names) {
      const { code, stdout, stderr } = await mount.sh(
        `cat $M/${name}.flac | wc -c; exit \${PIPESTATUS[0]}`,
      );
      assert.equal(code, 1, `${name}: ${stdout}`);
      assert.equal(stdout.trim(), "0");
      assert.match(stderr, /Stale file handle|No such file/);
    }
    const { drifts, openFiles } = await mount.stats();
    assert.deepEqual([...new Set(drifts)].sort(), names.map((name) => `${name}.flac`).sort());
    assert.equal(openFiles, 0);
  });
}

test(
  "12: a file that shrinks while it is read ends with an error, not with zeros",
  async (mount) => {
    mount.put("a.flac", pattern(3_000_000, 1));
    await mount.start();
    const client = mount.talk(`
fd = os.open(M + b'/a.flac', os.O_RDONLY)
os.posix_fadvise(fd, 0, 0, os.POSIX_FADV_RANDOM)
os.pread(fd, 4096, 0); say('read'); wait()
try: say(len(os.pread(fd, 4096, 1000000)))
except OSError as e: say(errno.errorcode[e.errno])
`);
    assert.equal(await client.heard(), "read");
    Deno.truncateSync(`${mount.source}/a.flac`, 500_000);
    await client.goOn();
    assert.equal(await client.heard(), "ESTALE");
    await client.end();
    assert.deepEqual((await mount.stats()).drifts, ["a.flac"]);
  },
  python,
);

test("6: names that are too long, no UTF-8, or merely strange", async (mount) => {
  const strange = ["new\nline", " ", "...", "-rf", "é", "x".repeat(255), "日本".repeat(42)];
  for (const name of strange) mount.put(name, name);
  await mount.start();
  const { stdout, stderr } = await mount.py(`
def why(name):
    try: os.stat(M + b'/' + name); return 'there'
    except OSError as e: return errno.errorcode[e.errno]
print(why(b'y' * 255), why(b'y' * 256), why(b'y' * 4000), why(b'\\xff\\xfe'), why(b'\\xc3'))
print(sorted(os.listdir(M)) == sorted(os.listdir(S)))
print(all(open(M + b'/' + n, 'rb').read() == n for n in os.listdir(M)))
`);
  assert.equal(stdout, "ENOENT ENAMETOOLONG ENAMETOOLONG ENOENT ENOENT\nTrue\nTrue\n", stderr);
}, python);

const WRITES = `
import ctypes
a, d = M + b'/a.flac', M + b'/d'
tries = {
  'create': lambda: os.open(M + b'/new', os.O_CREAT | os.O_WRONLY),
  'write': lambda: os.open(a, os.O_WRONLY),
  'append': lambda: os.open(a, os.O_RDWR | os.O_APPEND),
  'truncate': lambda: os.truncate(a, 0),
  'chmod': lambda: os.chmod(a, 0o777),
  'chown': lambda: os.chown(a, 1, 1),
  'utime': lambda: os.utime(a, (0, 0)),
  'unlink': lambda: os.unlink(a),
  'mkdir': lambda: os.mkdir(M + b'/new'),
  'rmdir': lambda: os.rmdir(d),
  'rename': lambda: os.rename(a, M + b'/b'),
  'link': lambda: os.link(a, M + b'/b'),
  'symlink': lambda: os.symlink(b'a', M + b'/b'),
  'mknod': lambda: os.mknod(M + b'/b'),
  'setxattr': lambda: os.setxattr(a, 'user.x', b'1'),
  'removexattr': lambda: os.removexattr(a, 'user.musicfs.origin'),
}
for name, attempt in tries.items():
    try: attempt(); print(name, 'succeeded')
    except OSError as e:
        if e.errno != errno.EROFS: print(name, errno.errorcode[e.errno])
`;

test("1: every way of writing fails with EROFS", async (mount) => {
  mount.put("a.flac", "x");
  mount.put("d/b.flac", "x");
  await mount.start();
  assert.deepEqual(await mount.py(WRITES), { code: 0, stdout: "", stderr: "" });
}, python);

test("1: also when somebody remounts it for writing", async (mount) => {
  mount.put("a.flac", "x");
  mount.put("d/b.flac", "x");
  await mount.start();
  assert.equal((await mount.sh("mount -i -o remount,rw $M")).code, 0);
  assert.deepEqual(await mount.py(WRITES), { code: 0, stdout: "", stderr: "" });
}, python && root);

test("19: extended attributes name the original", async (mount) => {
  mount.put("d/a.flac", "x");
  await mount.start();
  const { stdout, stderr } = await mount.py(`
a = M + b'/d/a.flac'
print(sorted(os.listxattr(a)), os.listxattr(M + b'/d'))
print(os.getxattr(a, 'user.musicfs.real_path') == S + b'/d/a.flac', os.getxattr(a, 'user.musicfs.origin'))
s = os.stat(S + b'/d/a.flac')
print(os.getxattr(a, 'user.musicfs.version') == b'%d %d.%09d' % (s.st_size, s.st_mtime_ns // 10**9, s.st_mtime_ns % 10**9))
try: os.getxattr(a, 'user.other')
except OSError as e: print(errno.errorcode[e.errno])
`);
  assert.equal(
    stdout,
    "['user.musicfs.origin', 'user.musicfs.real_path', 'user.musicfs.version'] []\n" +
      "True b'memory'\nTrue\nENODATA\n",
    stderr,
  );
}, python);

test(
  "2: a file handle of an exported mount is good after the kernel forgot the file",
  async (mount) => {
    mount.put("d/e/a.flac", "content");
    await mount.start();
    const { stdout, stderr } = await mount.py(`
import ctypes, struct
libc = ctypes.CDLL(None, use_errno=True)
def handle(path):
    buffer = ctypes.create_string_buffer(struct.pack('II', 120, 0) + bytes(120), 128)
    mount = ctypes.c_int()
    if libc.name_to_handle_at(-100, path, buffer, ctypes.byref(mount), 0): raise OSError(ctypes.get_errno(), path)
    return buffer
paths = [M, M + b'/d', M + b'/d/e', M + b'/d/e/a.flac']
inodes = [os.stat(p).st_ino for p in paths]
handles = [handle(p) for p in paths]
open('/proc/sys/vm/drop_caches', 'w').write('2')
base = os.open(M, os.O_RDONLY | os.O_DIRECTORY)
for path, inode, h in zip(paths, inodes, handles):
    fd = libc.open_by_handle_at(base, h, os.O_RDONLY)
    if fd < 0: raise OSError(ctypes.get_errno(), path)
    assert os.fstat(fd).st_ino == inode, path
    if path.endswith(b'flac'): print(os.read(fd, 100))
    else: print(os.listdir(fd))
    print(os.readlink('/proc/self/fd/%d' % fd).replace(M.decode(), 'M'))
`);
    assert.deepEqual(
      stdout.trim().split("\n"),
      ["['d']", "M", "['e']", "M/d", "['a.flac']", "M/d/e", "b'content'", "M/d/e/a.flac"],
      stderr,
    );
  },
  python && root,
);

for (const mode of MODES) {
  test(`1,500 files are open at once (${JSON.stringify(mode)})`, async (mount) => {
    for (let i = 0; i < 1500; i++) mount.put(`d/${i}.flac`, pattern(262_144, i));
    await mount.start(mode);
    const client = mount.talk(`
import resource
resource.setrlimit(resource.RLIMIT_NOFILE, (4096, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))
fds = [os.open(M + b'/d/%d.flac' % i, os.O_RDONLY) for i in range(1500)]
say(all(os.pread(fd, 1, 0)[0] == i % 256 for i, fd in enumerate(fds)))
wait()
for fd in fds: os.close(fd)
say('closed'); wait()
`);
    assert.equal(await client.heard(), "True");
    assert.equal((await mount.stats()).openFiles, 1500);
    await client.goOn();
    assert.equal(await client.heard(), "closed");
    await until("all are closed", 10_000, async () => (await mount.stats()).openFiles === 0);
    await client.goOn();
    await client.end();
  }, python);
}

test("what the kernel forgot is forgotten here", async (mount) => {
  for (let i = 0; i < 500; i++) mount.put(`d/${i % 20}/${i}.flac`, "x");
  await mount.start();
  await mount.sh("find $M -type f | wc -l; ls -lR $M > /dev/null");
  assert.equal((await mount.stats()).nodes, 521);
  await mount.sh("sync; echo 2 > /proc/sys/vm/drop_caches");
  await until("few nodes are known", 10_000, async () => {
    await mount.sh("echo 2 > /proc/sys/vm/drop_caches");
    return (await mount.stats()).nodes === 0;
  });
  assert.equal((await mount.sh("find $M -type f | wc -l")).stdout, "500\n");
}, root);

test("5: thousands of changes at once, and a feed that was cut, reach every reader", async (mount) => {
  mount.put("one.flac", "x");
  mount.put("changes.flac", "old");
  await mount.start();
  const wide = (from: number, to: number) =>
    mount.command({ op: "add_many", directory: "w", from, to, real: "one.flac" });
  await wide(0, 10);
  const look = () => mount.sh("ls $M/w | wc -l; stat -c %s $M/w/5000.flac $M/changes.flac 2>&1");
  assert.match((await look()).stdout, /^10\n.*No such file.*\n3\n$/);
  await wide(10, 6000);
  assert.equal((await look()).stdout, "6000\n1\n3\n");
  mount.put("changes.flac", "newer");
  Deno.utimeSync(`${mount.source}/changes.flac`, 1, 1);
  await mount.command({ op: "prune" });
  await mount.command({ op: "refresh", path: "changes.flac" });
  await mount.command({ op: "prune" });
  assert.equal((await look()).stdout, "6000\n1\n5\n");
  assert.equal((await mount.sh("cat $M/changes.flac")).stdout, "newer");
});

test(
  "5: whoever stands in a directory sees thousands of changes as well",
  async (mount) => {
    mount.put("d/e/1.flac", "x");
    await mount.start();
    const client = mount.talk(`
os.chdir(M + b"/d/e")
playing = os.open("1.flac", os.O_RDONLY)
for _ in range(3): seen = len(os.listdir("."))
say(seen)
wait()
say(len(os.listdir(".")))
say(len(os.listdir(M + b"/d/e")))
`);
    assert.equal(await client.heard(), "1");
    // The directory's modification time stays the same, so the kernel can't see the change by it.
    const wide = { directory: "d/e", from: 10, to: 5010, real: "d/e/1.flac" };
    await mount.command({ op: "add_many", ...wide });
    await client.goOn();
    assert.equal(await client.heard(), "5001", "from within");
    assert.equal(await client.heard(), "5001", "from outside");
    await client.end();
  },
  python,
);

test("a caller that is killed while it waits leaves nothing behind", async (mount) => {
  mount.put("a.flac", pattern(3_000_000, 1));
  await mount.start();
  const { stdout } = await mount.sh(
    "for i in $(seq 30); do timeout -s INT 0.03 cat $M/a.flac $M/a.flac > /dev/null; done; " +
      "sha256sum < $M/a.flac; sha256sum < $S/a.flac",
  );
  const [ours, original] = stdout.trim().split("\n");
  assert.equal(ours, original);
  await until("all are closed", 10_000, async () => (await mount.stats()).openFiles === 0);
});

test("a mount whose daemon was killed is cleared by the next", async (mount) => {
  mount.put("a.flac", "content");
  await mount.start();
  assert.equal((await mount.sh("ls $M")).stdout, "a.flac\n");
  await mount.kill();
  assert.match((await mount.sh("cat $M/a.flac")).stderr, /not connected/);
  await mount.start();
  assert.equal((await mount.sh("cat $M/a.flac")).stdout, "content");
  assert.equal((await mount.sh("grep -c $M /proc/self/mountinfo")).stdout, "1\n");
});

test("a mount point that cannot be one is refused in plain words", async (mount) => {
  mount.put("a.flac", "x");
  await mount.start();
  Deno.mkdirSync(`${mount.base}/full`);
  Deno.writeTextFileSync(`${mount.base}/full/file`, "");
  const attempt = async (mountpoint: string) => {
    const options = JSON.stringify({ mountpoint, source: mount.source });
    const { code, stderr } = await mount.run([
      Deno.execPath(),
      "run",
      "--quiet",
      "-A",
      FUSE_DAEMON,
      options,
    ]);
    assert.notEqual(code, 0);
    return stderr;
  };
  assert.match(await attempt(`${mount.base}/none`), /the directory does not exist/);
  assert.match(await attempt(`${mount.base}/none/below`), /the directory does not exist/);
  assert.match(await attempt(`${mount.base}/full`), /the directory is not empty/);
  assert.match(await attempt(`${mount.base}/full/file`), /it is not a directory/);
  assert.match(await attempt(mount.mountpoint), /musicfs is mounted there already/);
  assert.match(await attempt("/proc"), /\(proc\) is mounted there/);
  assert.equal((await mount.sh("cat $M/a.flac")).stdout, "x");
});

test("unmounting with a file open detaches, and the reader reads to the end", async (mount) => {
  mount.put("a.flac", pattern(3_000_000, 1));
  await mount.start();
  const client = mount.talk(`
fd = os.open(M + b'/a.flac', os.O_RDONLY)
say('open'); wait()
say(sum(len(b) for b in iter(lambda: os.read(fd, 65536), b'')) if True else 0)
`);
  assert.equal(await client.heard(), "open");
  assert.equal((await mount.sh("umount $M")).code, 32, "busy");
  assert.equal((await mount.sh("umount -l $M && ls $M | wc -l")).stdout, "0\n");
  await client.goOn();
  assert.equal(await client.heard(), "3000000");
  await client.end();
}, python && root);

test(
  "a user without privileges mounts by fusermount3",
  async (mount) => {
    mount.put("a/b.flac", pattern(300_000, 1));
    await mount.sh(`chmod -R a+rX ${mount.base}`);
    const options = JSON.stringify({ mountpoint: "@M", source: "@S", passthrough: true });
    const repository = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
    const { stdout, stderr, code } = await mount.run([
      "unshare",
      "-m",
      "bash",
      "-c",
      `set -e
B=${mount.base}
mkdir $B/bin $B/repo $B/home; touch $B/bin/deno
mount --bind ${Deno.execPath()} $B/bin/deno; mount --bind ${repository} $B/repo
mount -t tmpfs tmpfs $B/home; chmod 777 $B/home
mknod $B/fuse c 10 229; chmod 666 $B/fuse; mount --bind $B/fuse /dev/fuse
chown nobody $M
as() { HOME=$B/home DENO_DIR=$B/home setpriv --reuid=65534 --regid=65534 --clear-groups "$@"; }
cp -r ${repository}/{src,events,projections,tests,deno.json} $B/home/ && chmod -R a+rX $B/home
options='${options}'; options=\${options/@M/$M}; options=\${options/@S/$S}
mkfifo $B/home/in; 
as $B/bin/deno run -q --no-lock -A $B/home/tests/support/fuse_daemon.ts "$options" < $B/home/in > $B/home/out &
daemon=$!
exec 9> $B/home/in
for i in $(seq 200); do grep -q ready $B/home/out && break; kill -0 $daemon; sleep 0.1; done
as stat -c '%u %a %s' $M/a/b.flac
as cmp $M/a/b.flac $S/a/b.flac && echo same
ls $M 2>/dev/null || echo closed to root
exec 9>&-
wait $daemon; grep -c " $M " /proc/self/mountinfo || true`,
    ]);
    assert.equal(code, 0, stderr);
    assert.equal(stdout, "65534 444 300000\nsame\nclosed to root\n0\n", stderr);
  },
  root && needs("fusermount3", "unshare", "setpriv"),
);
