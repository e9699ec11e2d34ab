/**
 * The begin and the end of a mount, and the refusal of every write. The numbers in the names are those of
 * src/vfs/SEMANTICS.md.
 */
import assert from "node:assert/strict";
import { FUSE_DAEMON } from "../support/fuse_mount.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";
import { pattern, python, root, test } from "../support/fuse_tests.ts";

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

test("1: every way of writing fails also after a remount for writing", async (mount) => {
  mount.put("a.flac", "x");
  mount.put("d/b.flac", "x");
  await mount.start();
  assert.equal((await mount.sh("mount -i -o remount,rw $M")).code, 0);
  assert.deepEqual(await mount.py(WRITES), { code: 0, stdout: "", stderr: "" });
}, python && root);

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
