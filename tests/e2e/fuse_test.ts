/**
 * The protocol with a real kernel: a daemon over a tree in memory, clients in other processes. The numbers in the
 * names are those of src/vfs/SEMANTICS.md.
 */
import assert from "node:assert/strict";
import { until } from "../support/until.ts";
import { MODES, pattern, python, root, test } from "../support/fuse_tests.ts";

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
  "7: a listing of 100,000 returns each remaining file exactly once while others come and go",
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
    # The path of a file is known again once it is looked up; a directory's is found at once.
    if path.endswith(b'flac'):
        print(os.read(fd, 100))
        continue
    print(os.listdir(fd))
    print(os.readlink('/proc/self/fd/%d' % fd).replace(M.decode(), 'M'))
`);
    assert.deepEqual(
      stdout.trim().split("\n"),
      ["['d']", "M", "['e']", "M/d", "['a.flac']", "M/d/e", "b'content'"],
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

test("nodes that the kernel forgot are forgotten by the session", async (mount) => {
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
