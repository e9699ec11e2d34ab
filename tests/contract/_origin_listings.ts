import assert from "node:assert/strict";
import { bytesFromString, Exclusions, stringFromBytes } from "../../src/base/mod.ts";
import { directoryOf, OriginUnreachable, readBytes } from "../../src/origins/mod.ts";
import { FILES, list, ODD_NAMES, paths, type Run, sorted, writeAll } from "./_origin_place.ts";

/** What a listing of any origin holds, and in what order. */
export const LISTINGS: Record<string, Run> = {
  "lists every file once, in its order, one directory a batch": async (it) => {
    await writeAll(it, FILES);
    const batches = await list(it.origin);
    const found = batches.flat().map(({ path }) => path);
    assert.deepEqual(found, sorted(it.origin, FILES));
    for (const batch of batches) {
      assert.equal(new Set(batch.map(({ path }) => directoryOf(path))).size, 1);
    }
  },

  "lists nothing where nothing is": async ({ origin }) => {
    assert.deepEqual(await list(origin), []);
  },

  "lists versions that stat agrees with": async (it) => {
    await writeAll(it, FILES);
    for (const entry of (await list(it.origin)).flat()) {
      assert.ok(entry.kind === "file");
      const { kind: _, path, ...version } = entry;
      assert.deepEqual(await it.origin.stat(path), version);
      assert.equal(version.size, bytesFromString(path).length);
      assert.ok(Number.isInteger(version.mtime_s) && version.mtime_s > 0);
      assert.ok(version.mtime_ns >= 0 && version.mtime_ns < 1e9);
    }
  },

  "keeps names as they are": async (it, { holdsBytes }) => {
    const names = ODD_NAMES.flatMap((name) => [name, `d${name}/${name}`]);
    if (holdsBytes) {
      names.push(stringFromBytes(new Uint8Array([0xff, 0xfe, 0x41])));
      names.push(`${stringFromBytes(new Uint8Array([0xc3, 0x28]))}/new\nline`);
    }
    await writeAll(it, names);
    assert.deepEqual(await paths(it.origin), sorted(it.origin, names));
    for (const name of names) {
      const bytes = bytesFromString(name);
      assert.equal((await it.origin.stat(name)).size, bytes.length, name);
      assert.deepEqual(await readBytes(it.origin, name, 0, 1000), bytes, name);
    }
    const below = names.find((name) => name.startsWith("d100%"))!;
    assert.deepEqual(await paths(it.origin, { directory: directoryOf(below) }), [below]);
  },

  "lists below a directory, in it alone, and what is wanted": async (it) => {
    await writeAll(it, FILES);
    const { origin } = it;
    const below = ["a/10.mp3", "a/2.mp3", "a/b/c/deep.flac"];
    assert.deepEqual(await paths(origin, { directory: "a" }), below);
    assert.deepEqual(await paths(origin, { directory: "a/b" }), ["a/b/c/deep.flac"]);
    const met: string[] = [];
    const onDirectory = (path: string) => met.push(path);
    const shallow = { directory: "a", recursive: false, onDirectory };
    assert.deepEqual(await paths(origin, shallow), ["a/10.mp3", "a/2.mp3"]);
    assert.deepEqual(met.splice(0), ["a/b"]);
    const ofRoot = await paths(origin, { recursive: false, onDirectory });
    assert.deepEqual(ofRoot, sorted(origin, FILES.filter((path) => !path.includes("/"))));
    assert.deepEqual(met.splice(0).sort(), ["a", "a-b"]);
    const wanted = (file: string) => file.startsWith("x") || file.startsWith("d");
    assert.deepEqual(
      await paths(origin, { wanted, onDirectory }),
      [
        "a-b/x.flac",
        "a/b/c/deep.flac",
      ].sort(origin.compare),
    );
    assert.deepEqual(met.sort(), ["a", "a-b", "a/b", "a/b/c"]);
  },

  "goes on behind any position, also one that is gone": async (it) => {
    await writeAll(it, FILES);
    const { origin } = it;
    const all = await paths(origin);
    for (const [at, after] of all.entries()) {
      assert.deepEqual(await paths(origin, { after }), all.slice(at + 1), after);
    }
    for (const after of ["a", "a/b", "a/b/c/e", "a-b", "a0/gone", "\u{10ffff}", "!"]) {
      const behind = all.filter((path) => origin.compare(path, after) > 0);
      assert.deepEqual(await paths(origin, { after }), behind, after);
    }
    const below = { directory: "a", after: "a/10.mp3" };
    assert.deepEqual(await paths(origin, below), ["a/2.mp3", "a/b/c/deep.flac"]);
    assert.deepEqual(await paths(origin, { ...below, recursive: false }), ["a/2.mp3"]);
  },

  "passes over what is left out, and looks into none of it": async (it) => {
    const exclusions = new Exclusions(["/a/b"]);
    for (const path of ["1.flac", "._1.flac", "#recycle/2.flac", "a/3.flac", "a/b/c/4.flac"]) {
      await it.write(path, new Uint8Array(1));
    }
    const met: string[] = [];
    const onDirectory = (path: string) => met.push(path);
    assert.deepEqual(await paths(it.origin, { exclusions, onDirectory }), ["1.flac", "a/3.flac"]);
    assert.deepEqual(met, ["a"]);
    assert.deepEqual(
      await paths(it.origin, { exclusions, directory: "a", recursive: false }),
      ["a/3.flac"],
    );
  },

  "a listing during which it goes away is complete or fails": async (it) => {
    await writeAll(it, FILES);
    const found: string[] = [];
    try {
      for await (const batch of it.origin.list()) {
        found.push(...batch.map(({ path }) => path));
        if (found.length === batch.length) await it.takeAway();
      }
      assert.deepEqual(found, sorted(it.origin, FILES));
    } catch (error) {
      assert.ok(error instanceof OriginUnreachable, String(error));
    }
  },
};
