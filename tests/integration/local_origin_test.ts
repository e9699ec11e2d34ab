/** Everything odd that a walk can meet on a real file system. */
import assert from "node:assert/strict";
import { setTimeout as sleep } from "node:timers/promises";
import { isEmptyMountPoint } from "../../src/origins/local/mount_point.ts";
import {
  LocalOrigin,
  type OriginEntry,
  OriginRefused,
  OriginUnreachable,
  readBytes,
} from "../../src/origins/mod.ts";
import { bytesFromString } from "../../src/base/mod.ts";
import { LEADS_OUT } from "../../src/posix/mod.ts";
import { list } from "../contract/origin_suite.ts";

function originTest(name: string, run: (root: string, origin: LocalOrigin) => Promise<void>): void {
  Deno.test(name, async () => {
    const root = await Deno.makeTempDir();
    try {
      await run(root, new LocalOrigin("local", root, false, 60_000));
    } finally {
      await shell(`chmod -R u+rwx '${root}' && rm -rf '${root}'`);
    }
  });
}

async function entries(origin: LocalOrigin): Promise<OriginEntry[]> {
  return (await list(origin)).flat();
}

async function shell(command: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command("sh", { args: ["-c", command] })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

originTest("names of every kind are listed, as their bytes", async (root, origin) => {
  const names: number[][] = [
    [...new TextEncoder().encode("new\nline")],
    [0xff, 0xfe, 0x41],
    [0xef, 0xbe, 0x80],
    [0xc3, 0x28],
    Array(255).fill(0x78),
    [...new TextEncoder().encode(".hidden")],
    [...new TextEncoder().encode("   ")],
    [...new TextEncoder().encode("e\u0301\u00e9")],
    [...new TextEncoder().encode("'\"\\$`*?[]")],
  ];
  for (const name of names) {
    const escaped = name.map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
    await shell(`printf x > "$(printf '${root}/${escaped}')"`);
  }
  const found = await entries(origin);
  const bytes = found.map(({ path }) => String([...bytesFromString(path)]));
  assert.deepEqual(bytes.sort(), names.map(String).sort());
  for (const { path } of found) {
    assert.equal((await origin.stat(path)).size, 1);
    assert.deepEqual(await readBytes(origin, path, 0, 10), new Uint8Array([0x78]));
  }
});

originTest("links are followed, loops end, dangling ones are passed over", async (root, origin) => {
  await Deno.mkdir(`${root}/a/b`, { recursive: true });
  await Deno.writeTextFile(`${root}/a/x.flac`, "four");
  await Deno.symlink("..", `${root}/a/b/up`);
  await Deno.symlink(root, `${root}/a/b/root`);
  await Deno.symlink("self", `${root}/self`);
  await Deno.symlink("nowhere", `${root}/dangling.flac`);
  await Deno.symlink("a/x.flac", `${root}/link.flac`);
  await Deno.symlink("a", `${root}/other`);
  const found = await entries(origin);
  assert.deepEqual(found.map(({ path }) => path), ["link.flac", "a/x.flac", "other/x.flac"]);
  assert.ok(found.every((entry) => entry.kind === "file" && entry.size === 4));
});

originTest(
  "absolute links that lead to a place within the origin are followed",
  async (root, origin) => {
    await Deno.mkdir(`${root}/a/b`, { recursive: true });
    await Deno.writeTextFile(`${root}/a/b/x.flac`, "four");
    await Deno.symlink(`${root}/a/b/x.flac`, `${root}/link.flac`);
    await Deno.symlink(`${root}/a/b`, `${root}/other`);
    const found = await entries(origin);
    assert.deepEqual(found.map(({ path }) => path), ["link.flac", "a/b/x.flac", "other/x.flac"]);
    for (const { path } of found) {
      assert.equal((await origin.stat(path)).size, 4);
      assert.equal((await readBytes(origin, path, 0, 10)).length, 4);
    }
  },
);

originTest(
  "links that lead out of the origin are told, and followed where that is allowed",
  async (root) => {
    await Deno.mkdir(`${root}/music`);
    await Deno.mkdir(`${root}/elsewhere/secret`, { recursive: true });
    await Deno.writeTextFile(`${root}/elsewhere/secret/x.flac`, "secret");
    await Deno.symlink("../elsewhere/secret/x.flac", `${root}/music/1.flac`);
    await Deno.symlink(`${root}/elsewhere/secret/x.flac`, `${root}/music/2.flac`);
    await Deno.symlink("../elsewhere/secret", `${root}/music/album`);
    await Deno.symlink("../elsewhere/secret/x.flac", `${root}/music/cover.jpg`);
    await Deno.writeTextFile(`${root}/music/inside.flac`, "four");
    const origin = new LocalOrigin("local", `${root}/music`);
    const isAudio = (name: string) => name.endsWith(".flac");
    const found = (await list(origin, { wanted: isAudio })).flat();
    assert.deepEqual(
      found.map((entry) => [entry.path, entry.kind === "file" ? entry.size : entry.reason]),
      [
        // The size of a link can be read without following it.
        ["1.flac", "../elsewhere/secret/x.flac".length],
        ["2.flac", `${root}/elsewhere/secret/x.flac`.length],
        ["album", LEADS_OUT],
        ["inside.flac", 4],
      ],
    );
    for (const path of ["1.flac", "2.flac", "album/x.flac"]) {
      await assert.rejects(origin.stat(path), OriginRefused);
      await assert.rejects(readBytes(origin, path, 0, 10), OriginRefused);
    }
    assert.deepEqual((await list(origin, { directory: "album" })).flat(), [
      { kind: "unlisted", path: "album", reason: LEADS_OUT },
    ]);

    const following = new LocalOrigin("local", `${root}/music`, true);
    const all = (await list(following, { wanted: isAudio })).flat();
    assert.deepEqual(
      all.map((entry) => [entry.path, entry.kind === "file" ? entry.size : entry.reason]),
      [["1.flac", 6], ["2.flac", 6], ["inside.flac", 4], ["album/x.flac", 6]],
    );
    assert.equal((await readBytes(following, "album/x.flac", 0, 10)).length, 6);
  },
);

originTest("what is no regular file is passed over, and blocks nobody", async (root, origin) => {
  await shell(`mkfifo '${root}/fifo.flac'`);
  const listener = Deno.listen({ transport: "unix", path: `${root}/socket.flac` });
  await Deno.writeTextFile(`${root}/x.flac`, "x");
  assert.deepEqual((await entries(origin)).map(({ path }) => path), ["x.flac"]);
  await assert.rejects(origin.stat("fifo.flac"), /not a file/);
  listener.close();
});

originTest(
  "a wide directory comes in parts, and the event loop turns meanwhile",
  async (root, origin) => {
    await shell(`cd '${root}' && seq -f "%05g.flac" 1 12000 | xargs touch`);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    let files = 0;
    let previous = "";
    for await (const batch of origin.list()) {
      assert.ok(batch.length <= 1024);
      for (const { path } of batch) {
        assert.ok(path > previous);
        previous = path;
      }
      files += batch.length;
    }
    clearInterval(timer);
    assert.equal(files, 12_000);
    assert.ok(turns > 0, "timers ran during the walk");
  },
);

originTest("a directory without permission is told, with the reason", async (root) => {
  await Deno.mkdir(`${root}/open`);
  await Deno.mkdir(`${root}/closed/deep`, { recursive: true });
  await Deno.writeTextFile(`${root}/open/x.flac`, "x");
  await shell(`chmod 755 '${root}' '${root}/open' && chmod 0 '${root}/closed'`);
  const found = await listedAsNobody(root);
  assert.deepEqual(found, [
    { kind: "unlisted", path: "closed", reason: "Permission denied" },
    { kind: "file", path: "open/x.flac" },
  ]);
});

originTest("a root that is no directory, or not there, is unreachable", async (root) => {
  await Deno.writeTextFile(`${root}/file`, "x");
  await assert.rejects(entries(new LocalOrigin("x", `${root}/file`)), OriginUnreachable);
  await assert.rejects(entries(new LocalOrigin("x", `${root}/gone`)), OriginUnreachable);
});

originTest("a root that goes away fails the listing", async (root, origin) => {
  for (const name of ["a", "b"]) {
    await Deno.mkdir(`${root}/${name}`);
    await Deno.writeTextFile(`${root}/${name}/x.flac`, "x");
  }
  const walk = origin.list();
  await walk.next();
  await Deno.rename(root, `${root}.away`);
  try {
    await assert.rejects(() => Array.fromAsync(walk), OriginUnreachable);
  } finally {
    await Deno.rename(`${root}.away`, root);
  }
});

originTest("a file that may not be read is refused, the origin is not to blame", async (root) => {
  await Deno.mkdir(`${root}/closed`);
  await Deno.writeTextFile(`${root}/closed/x.flac`, "x");
  await shell(`chmod 755 '${root}' && chmod 0 '${root}/closed'`);
  const found = await listedAsNobody(root, "closed/x.flac");
  assert.deepEqual(found, ["OriginRefused", "OriginRefused"]);
});

originTest("an empty directory is an empty listing, not an error", async (_, origin) => {
  assert.deepEqual(await entries(origin), []);
});

originTest("a mount point of fstab with nothing mounted is no empty origin", async (root) => {
  const fstab = `${root}/fstab`;
  await Deno.mkdir(`${root}/my music`);
  await Deno.writeTextFile(
    fstab,
    `# ${root}/comment none\nserver:/x\t${root}/my\\040music nfs ro 0 0\nproc /proc proc defaults\n`,
  );
  assert.ok(isEmptyMountPoint(`${root}/my music`, fstab));
  assert.ok(isEmptyMountPoint(`${root}/my music/`, fstab));
  assert.ok(!isEmptyMountPoint(`${root}/comment`, fstab));
  assert.ok(!isEmptyMountPoint("/proc", fstab));
  assert.ok(!isEmptyMountPoint(root, `${root}/no such file`));
});

originTest("a directory that vanishes during the walk is passed over", async (root, origin) => {
  await Deno.mkdir(`${root}/a`);
  await Deno.mkdir(`${root}/b`);
  await Deno.writeTextFile(`${root}/a/x.flac`, "x");
  await Deno.writeTextFile(`${root}/b/x.flac`, "x");
  const found: string[] = [];
  for await (const batch of origin.list()) {
    found.push(...batch.map(({ path }) => path));
    await Deno.remove(`${root}/b`, { recursive: true }).catch(() => {});
    await sleep(0);
  }
  assert.deepEqual(found, ["a/x.flac"]);
});

/** Lists as a user without rights, since root may read everything. */
async function listedAsNobody(root: string, file?: string): Promise<unknown[]> {
  const script = new URL("../support/list_origin.ts", import.meta.url).pathname;
  const isRoot = Deno.uid() === 0;
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", script, root, isRoot ? "65534" : "", ...(file ? [file] : [])],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

originTest(
  "a link to a directory that can't be looked at is unlisted, not absent",
  async (root, origin) => {
    await Deno.mkdir(`${root}/a`);
    await Deno.writeTextFile(`${root}/a/x.flac`, "four");
    // No error but "not found" says what is behind the link.
    await Deno.symlink(`/${"x".repeat(256)}`, `${root}/nas`);
    const wanted = (name: string) => name.endsWith(".flac");
    const batches = await Array.fromAsync(origin.list({ wanted }));
    assert.deepEqual(batches.flat().map(({ kind, path }) => [kind, path]), [
      ["unlisted", "nas"],
      ["file", "a/x.flac"],
    ]);
  },
);

originTest(
  "who may read a file is asked for once for each of its versions",
  async (root, origin) => {
    await shell(`echo x > '${root}/a'; echo x > '${root}/b'; chmod 644 '${root}'/*`);
    await shell(`setfacl -m u:1234:r,g::- '${root}/a' '${root}/b'`);
    const asked = new Map<string, number | undefined>();
    const files = async (modeOf: (path: string) => number | undefined) => {
      const found = [];
      for await (
        const batch of origin.list({
          modeOf(_directory, path, version) {
            asked.set(path, version.ctime_s);
            return modeOf(path);
          },
        })
      ) found.push(...batch);
      return found.flatMap((entry) => entry.kind === "file" ? [[entry.path, entry.mode]] : []);
    };
    assert.deepEqual(await files(() => undefined), [["a", 0o604], ["b", 0o604]]);
    const known = await files((path) => path === "a" ? 0o640 : undefined);
    assert.deepEqual(known, [["a", 0o640], ["b", 0o604]], "what is known is taken for true");
    assert.equal(asked.get("a"), (await origin.stat("a")).ctime_s);
  },
);
