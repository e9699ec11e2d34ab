/**
 * Samples from other projects' bug trackers, many of them malformed: each is in the tree byte for byte, or in the
 * list of unreadable files with a reason.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { LibraryQueries } from "../../projections/mod.ts";
import { isAudioName } from "../../src/base/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";

const CORPUS = Deno.env.get("MUSICFS_CORPUS") ??
  decodeURIComponent(new URL("../../../shared/corpus/audio", import.meta.url).pathname);

Deno.test({
  name: "every sample of the corpus is in the tree with its own bytes, or unreadable with a reason",
  ignore: !needs("/dev/fuse", CORPUS),
  async fn() {
    await using it = new Installation();
    const copied = await run(["cp", "-r", `${CORPUS}/.`, it.origin]);
    assert.equal(copied.code, 0, copied.stderr);
    await run(["chmod", "-R", "u+w", it.origin]);
    // Three more files: an empty one, one of random bytes, and a FLAC file with the name of an MP3.
    Deno.writeFileSync(`${it.origin}/empty.flac`, new Uint8Array());
    Deno.writeFileSync(`${it.origin}/garbage.ogg`, crypto.getRandomValues(new Uint8Array(5000)));
    Deno.copyFileSync(`${it.origin}/flac.flac`, `${it.origin}/mislabelled.mp3`);
    const status = await it.mountAndScan();

    const samples = (await run(["find", it.origin, "-type", "f", "-printf", "%P\\n"])).stdout
      .trim().split("\n").filter((path) => isAudioName(path));
    assert.ok(samples.length > 190, `${samples.length} samples`);
    const library = LibraryQueries.open(`${it.cacheDir}/projections`)!;
    try {
      const unreadable = new Map(library.unreadable().map(({ path, reason }) => [path, reason]));
      assert.ok(unreadable.has("empty.flac") && unreadable.has("garbage.ogg"));
      for (const path of samples) {
        const reason = unreadable.get(path);
        if (reason !== undefined) {
          assert.ok(reason.length > 5, `${path}: ${reason}`);
          continue;
        }
        const track = library.trackAtRealPath(`${it.origin}/${path}`);
        assert.ok(track?.virtual_path, `${path} is neither in the tree nor unreadable`);
        const shown = `${it.mountpoint}/${track.virtual_path}`;
        const original = Deno.readFileSync(`${it.origin}/${path}`);
        assert.equal(Deno.statSync(shown).size, original.length, path);
        assert.equal(sha256(Deno.readFileSync(shown)), sha256(original), path);
      }
      assert.match(
        library.trackAtRealPath(`${it.origin}/mislabelled.mp3`)!.virtual_path!,
        /\.flac$/,
        "what is inside decides about the format",
      );
      assert.equal(status.library.tracks + status.library.unreadable, samples.length);
      console.log(`${status.library.tracks} in the tree, ${unreadable.size} unreadable`);
    } finally {
      library.close();
    }
    assert.equal(status.engine.restarts, 0, "nothing crashed");
  },
});

function sha256(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
