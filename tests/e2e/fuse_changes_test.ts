/**
 * Changes, as a real kernel and its readers see them. The numbers in the names are those of src/vfs/SEMANTICS.md.
 */
import assert from "node:assert/strict";
import { MODES, pattern, python, root, test } from "../support/fuse_tests.ts";

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
  // After a rename, processes with the old file open keep it: only the tree knows that the file changed.
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
  test(`11: a file that changed behind the tree's back gives no byte (${JSON.stringify(mode)})`, async (mount) => {
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

test("5: every reader sees thousands of changes at once, and changes after a gap in the feed", async (mount) => {
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
  "5: a process with its working directory in a changed one sees thousands of changes as well",
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
