/**
 * One album on two origins, over a real mount: the tree has it once, and readers do not notice when one origin goes
 * away.
 */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { flacFile } from "../../scripts/audio/mod.ts";
import type { OriginStatus } from "../../src/control/protocol.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import {
  noise,
  noisyWav,
  openPlace,
  type PlaceKind,
  type RemotePlace,
  tagsOf,
} from "../support/remote_library.ts";
import { hasSftpServer } from "../support/sftp_server.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "sha256sum", "timeout") && hasSftpServer();
const MB = 1024 * 1024;
/** The deadline of one answer of an origin here; health checks are about as frequent. */
const DEADLINE_MS = 1_500;

/** Two origins in order of priority, and an installation that knows both. */
class Federation implements AsyncDisposable {
  readonly places: readonly RemotePlace[];
  readonly it: Installation;

  private constructor(places: readonly RemotePlace[]) {
    this.places = places;
    this.it = new Installation();
    this.it.env = {
      MUSICFS_DEADLINE_MS: String(DEADLINE_MS),
      MUSICFS_HEALTH_CHECK_MS: "1000",
      MUSICFS_WATCH: "off",
    };
    for (const place of places) place.admit(this.it);
    this.prefer(places);
  }

  static async open(kinds: readonly PlaceKind[]): Promise<Federation> {
    const places: RemotePlace[] = [];
    for (const kind of kinds) places.push(await openPlace(kind));
    return new Federation(places);
  }

  /** Sets the origins of the next mount, in order of priority. */
  prefer(places: readonly RemotePlace[]): void {
    this.it.configure(places.map(({ table }, i) => `${table}priority = ${i + 1}\n`).join("\n"));
  }

  put(path: string, ...bytes: Uint8Array<ArrayBuffer>[]): void {
    for (const [i, place] of this.places.entries()) place.put(path, bytes[i] ?? bytes[0]!);
  }

  async origin(place: RemotePlace): Promise<OriginStatus> {
    const { origins } = await this.it.json<{ origins: OriginStatus[] }>(["origin", "list"]);
    return origins.find(({ id }) => id === place.kind)!;
  }

  /** The SHA-256 of a file, read through the mount now; the error's text when the read fails. */
  async digest(path: string, seconds = 40): Promise<string> {
    const { code, stdout, stderr } = await run(["sha256sum", `${this.it.mountpoint}/${path}`], {
      seconds,
    });
    return code === 0 ? stdout.slice(stdout.startsWith("\\") ? 1 : 0).slice(0, 64) : stderr;
  }

  /** Mounts, and waits until the origins are scanned and copies compared, which leaves this many tracks. */
  async mountAndCompare(tracks: number): Promise<void> {
    await this.it.mountAndScan();
    await until(
      "copies are compared",
      30_000,
      async () => (await this.tree()).length === tracks,
    );
  }

  /** Every file of the mount with its inode number. */
  async tree(): Promise<string[]> {
    const { stdout, stderr } = await run(
      ["find", this.it.mountpoint, "-type", "f", "-printf", "%i %P\\n"],
    );
    assert.equal(stderr, "");
    return stdout.trim().split("\n").sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.it[Symbol.asyncDispose]();
    for (const place of this.places) await place[Symbol.asyncDispose]();
  }
}

function test(name: string, kinds: readonly PlaceKind[], body: (it: Federation) => Promise<void>) {
  Deno.test({
    name,
    ignore: !ready,
    fn: async () => {
      await using federation = await Federation.open(kinds);
      await body(federation);
    },
  });
}

test("an album on two origins is shown once, from the better one", ["s3", "sftp"], async (it) => {
  const [s3, sftp] = it.places as [RemotePlace, RemotePlace];
  const tracks = [1, 2, 3].map((track) => noisyWav(tagsOf(track), 700_000, track));
  for (const [i, bytes] of tracks.entries()) it.put(`album/${i}.wav`, bytes);
  await it.mountAndCompare(3);
  const tree = await it.tree();
  assert.equal(tree.length, 3, tree.join("\n"));
  const [path] = tree.map((line) => line.slice(line.indexOf(" ") + 1));
  const before = { s3: s3.proxy!.counts.bytesDown, sftp: sftp.proxy!.counts.bytesDown };
  assert.equal(await it.digest(path!), digestOf(tracks[0]!));
  // All bytes except those that the scan had read.
  assert.ok(s3.proxy!.counts.bytesDown - before.s3 > 600_000);
  assert.ok(sftp.proxy!.counts.bytesDown - before.sftp < 100_000, "the other one is not read");
  assert.equal(await it.it.unmount(), 0);

  // With the priorities swapped, numbers stay, and cached bytes are used.
  it.prefer([sftp, s3]);
  await it.mountAndCompare(3);
  await until("the other one is preferred", 5_000, async () => {
    const [best] = (await it.it.status()).origins;
    return best?.id === "sftp" && best.priority === 1;
  });
  assert.deepEqual(await it.tree(), tree);
  const second = tree[1]!.slice(tree[1]!.indexOf(" ") + 1);
  const then = { s3: s3.proxy!.counts.bytesDown, sftp: sftp.proxy!.counts.bytesDown };
  assert.equal(await it.digest(second), digestOf(tracks[1]!));
  assert.equal(await it.digest(path!), digestOf(tracks[0]!));
  assert.ok(s3.proxy!.counts.bytesDown - then.s3 < 100_000);
  assert.ok(sftp.proxy!.counts.bytesDown - then.sftp > 600_000);
  // The file is compared with the other origin's afterwards, in the background.
  const { stdout } = await it.it.musicfs(["events", "list", "--cache"]);
  assert.match(stdout, /ChunksStored .*: 7\d\d kB .*known already/, "the first one's is known");
  assert.equal(await it.it.unmount(), 0);

  // When an origin is removed, the files that the other one has stay.
  it.prefer([s3]);
  await it.mountAndCompare(3);
  assert.deepEqual(await it.tree(), tree);
  assert.equal(await it.digest(path!), digestOf(tracks[0]!));
});

for (const kinds of [["s3", "sftp"], ["sftp", "s3"]] as const) {
  test(`a reader does not notice that ${kinds[0]} is cut off in the middle`, kinds, async (it) => {
    const [first, second] = it.places as [RemotePlace, RemotePlace];
    const bytes = noisyWav(tagsOf(1), 24 * MB);
    it.put("album/1.wav", bytes);
    await it.mountAndCompare(1);
    const [line] = await it.tree();
    first.proxy!.settings.bytesPerSecond = 6_000_000;
    const before = first.proxy!.counts.bytesDown;
    const digest = it.digest(line!.slice(line!.indexOf(" ") + 1));
    await until(
      "some of it is read",
      10_000,
      () => first.proxy!.counts.bytesDown - before > 4 * MB,
    );
    await first.proxy!.refuse();
    assert.equal(await digest, digestOf(bytes), it.it.log);
    assert.ok(second.proxy!.counts.bytesDown > 10 * MB);
    const down = await until("it is known to be down", 5_000, async () => {
      const origin = await it.origin(first);
      return origin.health === "down" && origin;
    });
    assert.match(
      down.reason!,
      /Connection refused|ECONNREFUSED|EPIPE|ECONNRESET|reset by peer|closed/,
    );
    assert.equal((await it.origin(second)).health, "up");
    await first.proxy!.accept();
    await until("it is up again", 5_000, async () => (await it.origin(first)).health === "up");
  });
}

test("a reader does not notice that a share hangs", ["nfs", "s3"], async (it) => {
  const [nfs, s3] = it.places as [RemotePlace, RemotePlace];
  const bytes = noisyWav(tagsOf(1), 24 * MB);
  it.put("album/1.wav", bytes);
  await it.mountAndCompare(1);
  const [line] = await it.tree();
  await nfs.degrade();
  const before = s3.proxy!.counts.bytesDown;
  const digest = it.digest(line!.slice(line!.indexOf(" ") + 1));
  await until("some of it is read", 10_000, async () => {
    const { egress } = (await it.it.status()).origins.find(({ id }) => id === "nfs")!;
    return egress.total_bytes > 2 * MB;
  });
  await nfs.goOffline();
  assert.equal(await digest, digestOf(bytes), it.it.log);
  assert.ok(s3.proxy!.counts.bytesDown > before);
  await nfs.comeBack();
});

test(
  "a copy that was changed and sounds the same is never mixed in",
  ["s3", "sftp"],
  async (it) => {
    const [s3, sftp] = it.places as [RemotePlace, RemotePlace];
    // Only the pictures differ: neither tags nor sizes do.
    const [one, other] = [1, 2].map((seed) =>
      flacFile({ ...tagsOf(1), picture: noise(12 * MB, seed) }, { seconds: 60 })
    ) as [Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>];
    assert.equal(one.length, other.length);
    it.put("album/1.flac", one, other);
    await it.mountAndCompare(1);
    const tree = await it.tree();
    assert.equal(tree.length, 1, tree.join("\n"));
    const path = tree[0]!.slice(tree[0]!.indexOf(" ") + 1);
    s3.proxy!.settings.bytesPerSecond = 3_000_000;
    const before = s3.proxy!.counts.bytesDown;
    const digest = it.digest(path);
    await until("some of it is read", 10_000, () => s3.proxy!.counts.bytesDown - before > 2 * MB);
    await s3.proxy!.refuse();
    assert.match(await digest, /Input\/output error/, it.it.log);
    assert.ok(sftp.proxy!.counts.bytesDown < 2 * MB);
    s3.proxy!.settings.bytesPerSecond = Infinity;
    await s3.proxy!.accept();
    await until("it is up again", 5_000, async () => (await it.origin(s3)).health === "up");
    assert.equal(await it.digest(path), digestOf(one));
  },
);

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
