/** State and cache of an older version are taken over: names, numbers, bytes, pins and plays stay. */
import assert from "node:assert/strict";
import { holdsLog, openEventLog } from "../../events/mod.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { OLDER_VERSIONS, type OlderAnswers, unpackOlderLibrary } from "../support/older_library.ts";
import { filesBelow, sha256 } from "../support/tree.ts";

const ready = needs("/dev/fuse", "timeout", "tar");

/** Installs this version over a library of an older version. */
async function takenOver(
  version: typeof OLDER_VERSIONS[number],
): Promise<{ it: Installation; answers: OlderAnswers }> {
  const it = new Installation({ config: "" });
  const answers = await unpackOlderLibrary(it.base, version);
  // The older version showed no covers.
  it.configure(`${answers.config}\n[artwork]\nsources = "off"\n`);
  it.env = {
    ...{ MUSICFS_WATCH: "off", MUSICFS_DEADLINE_MS: "1500" },
    ...{ AWS_ACCESS_KEY_ID: "S3RVER", AWS_SECRET_ACCESS_KEY: "S3RVER" },
  };
  return { it, answers };
}

async function answersTheSame(it: Installation, answers: OlderAnswers): Promise<void> {
  const paths = Object.keys(answers.files).filter((path) => answers.files[path]!.sha256);
  assert.deepEqual(filesBelow(it.mountpoint), paths.sort());
  for (const [path, expected] of Object.entries(answers.files)) {
    const { ino, size, mtime } = Deno.lstatSync(`${it.mountpoint}/${path}`);
    assert.equal(ino, expected.ino, path);
    assert.equal(mtime!.getTime(), expected.mtime_ms, path);
    if (expected.sha256 === undefined) continue;
    assert.equal(size, expected.size, path);
    assert.equal(sha256(`${it.mountpoint}/${path}`), expected.sha256, path);
  }
  type Stats = Pick<OlderAnswers, "pins" | "pinned_tracks">;
  const { pins, pinned_tracks } = await it.json<Stats>(["cache", "stats"]);
  assert.deepEqual({ pins, pinned_tracks }, {
    pins: answers.pins,
    pinned_tracks: answers.pinned_tracks,
  });
  for (const { virtual, track, plays } of answers.tracks) {
    const shown = await it.json<OlderAnswers["tracks"][number]>(["track", "show", virtual]);
    assert.equal(shown.track, track, virtual);
    // The reads of this test may count as plays.
    assert(shown.plays.count >= plays.count, virtual);
  }
  assert.equal((await it.musicfs(["events", "verify"])).code, 0);
}

/** Types of the events of the library log. */
function typesIn(it: Installation): Set<string> {
  const log = openEventLog(it.stateDir, { readOnly: true });
  try {
    return new Set([...log.read()].map(({ type }) => type));
  } finally {
    void log.close();
  }
}

for (const version of OLDER_VERSIONS) {
  Deno.test({
    name: `a library of ${version} is taken over with all that it held, while every origin is away`,
    ignore: !ready,
    async fn() {
      const { it, answers } = await takenOver(version);
      await using _it = it;
      for (let mounts = 0; mounts < 3; mounts++) {
        await it.mount();
        await answersTheSame(it, answers);
        assert.equal(await it.unmount(), 0, it.log);
        assert.ok(holdsLog(`${it.cacheDir}/chunks/log`), "the cache has a log of its own");
        if (mounts !== 1) continue;
        // The cache's events in the old library log are no longer needed.
        assert.ok(typesIn(it).has("ChunksStored"));
        const compacted = await it.musicfs(["events", "compact", "--keep", "0d"]);
        assert.equal(compacted.code, 0, compacted.stderr);
        assert.deepEqual([...typesIn(it)].filter((type) => type.startsWith("Chunk")), []);
      }
    },
  });
}
