/**
 * The counting of plays, over real mounts: of files that the kernel reads by itself, of local files that it requests
 * from the mount, and of a bucket's files.
 */
import assert from "node:assert/strict";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";
import { noisyWav, openPlace, tagsOf } from "../support/remote_library.ts";

const BYTES_PER_SECOND = 8_000 * 2;
/**
 * Lengths of a track to be played, of one that no scanner holds open for four minutes, and of one that is too short
 * to count.
 */
const SECONDS = [33, 600, 29];
/** Half of the first length, and the second during which an open is not examined yet. */
const HELD_SECONDS = 18;

async function checkLocal(passthrough: "on" | "off"): Promise<void> {
  await using it = new Installation();
  it.env = { MUSICFS_WATCH: "off", MUSICFS_PASSTHROUGH: passthrough };
  await check(it, (name, bytes) => Deno.writeFileSync(`${it.origin}/${name}`, bytes));
}

async function checkBucket(): Promise<void> {
  await using place = await openPlace("s3");
  await using it = new Installation({ config: place.table });
  place.admit(it);
  await check(it, (name, bytes) => place.put(name, bytes));
}

async function check(
  it: Installation,
  put: (name: string, bytes: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  SECONDS.forEach((seconds, i) =>
    put(`${i}.wav`, noisyWav(tagsOf(i + 1), seconds * BYTES_PER_SECOND, i))
  );
  await it.mountAndScan();
  const album = `${it.mountpoint}/Somebody/Everywhere (2001) [WAV]`;
  const [played, scanned, short] = [1, 2, 3].map((i) => `${album}/0${i} - Song ${i}.wav`);
  const mpv = ["mpv", "--no-config", "--really-quiet", "--no-video", "--ao=null"];

  const succeeds = async (...argv: string[]) => {
    const { code, stderr } = await run(argv);
    assert.equal(code, 0, `${argv[0]}: ${stderr}${it.log}`);
  };
  await Promise.all([
    succeeds(...mpv, `--length=${HELD_SECONDS}`, played!),
    succeeds("bash", "-c", 'exec <"$1"; cat >/dev/null; exec sleep 17', "-", short!),
    (async () => {
      await succeeds("find", album, "-type", "f", "-exec", "head", "-c", "262144", "{}", "+");
      for (const path of [scanned!, scanned!, played!]) {
        await succeeds("ffprobe", "-loglevel", "error", path);
        await succeeds("tail", "-c", "128", path);
      }
      await succeeds("rsync", "-a", `${album}/`, `${it.base}/copy`);
      await succeeds(...mpv, "--length=1", scanned!);
    })(),
  ]);
  const plays = async () => {
    const { events } = await it.json<{ events: { data: { track: number } }[] }>(
      ["events", "list", "--type", "TrackPlayed"],
    );
    return events.map(({ data }) => data.track);
  };
  const found = await until("the play is noted", 30_000, async () => {
    const tracks = await plays();
    return tracks.length > 0 && tracks;
  });
  // The engine was told of the plays in order, and of the last one when its file was closed.
  assert.deepEqual(found, [Deno.statSync(played!).ino], it.log);
}

Deno.test({
  name:
    "SEMANTICS 30: half of a track in a player is one play, and a scanner's read is none, on any path to the bytes",
  ignore: !needs("/dev/fuse", "timeout", "mpv", "ffprobe", "rsync", "find"),
  fn: async () => {
    await Promise.all([checkLocal("on"), checkLocal("off"), checkBucket()]);
  },
});
