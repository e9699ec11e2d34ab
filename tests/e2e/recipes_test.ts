/** A node with a recipe, over a real mount: a synthesised header, the sound of a file, and a picture from the store. */
import assert from "node:assert/strict";
import { FuseMount } from "../support/fuse_mount.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";
import { noise } from "../support/remote_library.ts";

const mountable = needs("/dev/fuse", "timeout", "python3", "cmp");
const FILE_BYTES = 1_500_000;
const SOUND = { from: 4_321, to: 1_400_001 };
const PICTURE = "a picture ".repeat(20_000);

/** Writes the file, and beside it as `$S.plain` the bytes that a read of the recipe must give. */
function prepare(mount: FuseMount, header: string): void {
  const sound = noise(FILE_BYTES, 7);
  mount.put("a.flac", sound);
  writePlain(mount, header, sound);
}

function writePlain(mount: FuseMount, header: string, sound: Uint8Array): void {
  const encoder = new TextEncoder();
  const parts = [
    encoder.encode(header),
    sound.subarray(SOUND.from, SOUND.to),
    encoder.encode(PICTURE.slice(7, 150_000)),
  ];
  Deno.writeFileSync(`${mount.source}.plain`, new Uint8Array(parts.flatMap((part) => [...part])));
}

async function make(mount: FuseMount, version: number, header: string): Promise<void> {
  const segments = [
    { text: header },
    { path: "a.flac", ...SOUND },
    { object: PICTURE, from: 7, to: 150_000 },
  ];
  await mount.command({ op: "make", version, segments });
}

async function isPlain(mount: FuseMount): Promise<void> {
  const { code, stdout, stderr } = await mount.py(`
import mmap, random
plain = open(S + b".plain", "rb").read()
path = M + b"/.made/file"
assert os.stat(path).st_size == len(plain)
with open(path, "rb", 0) as file:
    for seed in range(300):
        draw = random.Random(seed)
        at, size = draw.randrange(len(plain)), draw.choice([1, 4096, 200000])
        assert os.pread(file.fileno(), size, at) == plain[at:at + size], (seed, at, size)
with open(path, "rb") as file:
    assert mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)[:] == plain
`);
  assert.equal(code, 0, stdout + stderr);
  assert.deepEqual(await mount.sh('cmp "$M/.made/file" "$S.plain"'), {
    ...{ code: 0, stdout: "", stderr: "" },
  });
}

Deno.test({
  name:
    "a recipe over a local file is read as its bytes, also beside a player that has the file passed through",
  ignore: !mountable,
  async fn() {
    await using mount = new FuseMount();
    const header = "a header\n";
    prepare(mount, header);
    await mount.start({ passthrough: true });
    await make(mount, 1, header);
    const player = mount.talk(
      'file = open(M + b"/a.flac", "rb"); say(len(file.read())); wait(); file.seek(0); say(len(file.read()))',
    );
    assert.equal(await player.heard(), `${FILE_BYTES}`);
    await isPlain(mount);
    await player.goOn();
    assert.equal(await player.heard(), `${FILE_BYTES}`);
    await player.end();
    await until("all is closed", 10_000, async () => (await mount.stats()).openFiles === 0);
  },
});

Deno.test({
  name:
    "a recipe that changes is another file: an old open fails with ESTALE, and a new open reads the new bytes",
  ignore: !mountable,
  async fn() {
    await using mount = new FuseMount();
    prepare(mount, "a header\n");
    await mount.start();
    await make(mount, 1, "a header\n");
    await isPlain(mount);
    const reader = mount.talk(`
file = os.open(M + b"/.made/file", os.O_RDONLY)
say(os.pread(file, 8, 0).decode())
wait()
try: say(os.pread(file, 8, 0))
except OSError as error: say(errno.errorcode[error.errno])
`);
    assert.equal(await reader.heard(), "a header");
    const header = "a much longer header than the one before\n".repeat(3_000);
    writePlain(mount, header, noise(FILE_BYTES, 7));
    await make(mount, 2, header);
    await isPlain(mount);
    await reader.goOn();
    assert.equal(await reader.heard(), "ESTALE");
    await reader.end();
    await isPlain(mount);
  },
});

Deno.test({
  name:
    "a recipe over a remote file is fetched by segments, and read without its origin once these are stored",
  ignore: !mountable,
  async fn() {
    await using mount = new FuseMount();
    prepare(mount, "a header\n");
    await mount.start({ remote: true });
    await make(mount, 1, "a header\n");
    await isPlain(mount);
    const { fetches, aheads } = await mount.asked();
    assert.ok(fetches.length > 0);
    assert.ok(aheads.every(({ from, to }) => from >= SOUND.from && to <= SOUND.to));
    await mount.command({ op: "store", path: "a.flac", from: 0, to: FILE_BYTES, length: 60_000 });
    await mount.behave({ errno: "EIO" });
    await make(mount, 2, "a header\n");
    await isPlain(mount);
    const asked = (await mount.asked()).fetches.length;
    assert.equal(asked, fetches.length, "nobody was asked for what is stored");
  },
});

Deno.test({
  name:
    "a recipe that is read from front to back is fetched ahead over its borders, and without an origin as a plain file is",
  ignore: !mountable,
  async fn() {
    await using mount = new FuseMount();
    const [one, two] = [noise(FILE_BYTES, 7), noise(FILE_BYTES, 8)];
    mount.put("a.flac", one);
    mount.put("b.flac", two);
    await mount.start({ remote: true });
    const [first, second] = [{ from: 1_000, to: 900_001 }, { from: 200_000, to: 1_400_000 }];
    const segments = [
      { path: "a.flac", ...first },
      { text: "between" },
      { path: "b.flac", ...second },
    ];
    await mount.command({ op: "make", version: 1, segments });
    const parts = [one.subarray(first.from, first.to), new TextEncoder().encode("between")];
    parts.push(two.subarray(second.from, second.to));
    const plain = new Uint8Array(parts.flatMap((part) => [...part]));
    Deno.writeFileSync(`${mount.source}.plain`, plain);
    // As fast as a player reads: each answer comes before the next request.
    const read = await mount.py(`
plain = open(S + b".plain", "rb").read()
file = os.open(M + b"/.made/file", os.O_RDONLY)
os.posix_fadvise(file, 0, 0, os.POSIX_FADV_RANDOM)
for at in range(0, len(plain), 65536):
    assert os.pread(file, 65536, at) == plain[at:at + 65536], at
`);
    assert.equal(read.code, 0, read.stderr);
    const { fetches, aheads } = await mount.asked();
    const ofSecond = (ranges: typeof fetches) => ranges.filter(({ from }) => from >= second.from);
    const numbers = [...new Set(fetches.map(({ file }) => file))];
    assert.equal(numbers.length, 2);
    const begun = aheads.find(({ file }) => file === numbers[1]);
    assert.equal(begun?.from, second.from, "the second file is fetched from the border on");
    assert.ok(ofSecond(aheads).every(({ to }) => to <= second.to));

    await mount.command({ op: "store", path: "a.flac", from: 0, to: FILE_BYTES, length: 70_000 });
    await mount.behave({ errno: "EIO" });
    await mount.command({ op: "make", version: 2, segments });
    const offline = await mount.py(`
plain = open(S + b".plain", "rb").read()
file = os.open(M + b"/.made/file", os.O_RDONLY)
assert os.pread(file, 800000, 0) == plain[:800000]
for path, at in [(b"/.made/file", 1000000), (b"/b.flac", 300000)]:
    try: os.pread(os.open(M + path, os.O_RDONLY), 4096, at)
    except OSError as error: assert error.errno == errno.EIO, error
    else: raise AssertionError(path)
`);
    assert.equal(offline.code, 0, offline.stderr);

    // The recipe's file has another version: stored parts of the old one are no longer given.
    mount.put("a.flac", noise(FILE_BYTES + 1, 9));
    await mount.command({ op: "refresh", path: "a.flac" });
    const gone = await mount.py(`
file = os.open(M + b"/.made/file", os.O_RDONLY)
try: os.pread(file, 4096, 0)
except OSError as error: assert error.errno == errno.ESTALE, error
else: raise AssertionError("no error")
`);
    assert.equal(gone.code, 0, gone.stderr);
  },
});
