/**
 * `musicfs events compact`: the library stays what it was, with its numbers and times, at whatever moment the
 * compaction is killed, and the log gets smaller.
 */
import assert from "node:assert/strict";
import { type MusicEvent, openEventLog, type StoredEvent } from "../../events/mod.ts";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { makeLibrary } from "../../scripts/make_library.ts";
import { played } from "../support/content_events.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { exists, filesBelow, inodes } from "../support/tree.ts";

const mountable = needs("/dev/fuse", "timeout", "find");
/** How often a compaction is killed; the environment can make it a long run. */
const KILLS = Number(Deno.env.get("MUSICFS_TEST_KILLS") ?? 6);
const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? 20261130);

interface Compacted {
  events_before: number;
  events: number;
  bytes_before: number;
  bytes: number;
  kept_from: number;
}

/** A library that was mounted, and whose files were then read again by ten later versions of the reader. */
async function aged(readers = 10): Promise<Installation> {
  const it = new Installation();
  makeLibrary(it.origin, { artists: 2, albums: 2, tracks: 5 });
  await it.mountAndScan();
  await it.unmount();
  const log = openEventLog(it.stateDir);
  const observed = [...log.read()].filter((event) => event.type === "FilesObserved");
  for (let reader = 0; reader < readers; reader++) {
    await log.append(observed.map((event): MusicEvent => ({
      type: "FilesObserved",
      v: 1,
      data: {
        ...{ ...event.data, scan: 0, position: "" },
        files: event.data.files.map((file) => ({
          ...{ ...file, reread: true, reader: 1_000 + reader },
          details: { other: { NOTE: [`${"x".repeat(4_000)}${reader}`] } },
        })),
      },
    })));
  }
  await log.append([
    ...Array.from({ length: 50 }, (_, i): MusicEvent => ({
      type: "OriginHealthChanged",
      v: 1,
      data: { origin: "music", health: i % 2 === 0 ? "down" : "up", reason: null },
    })),
    played(1024),
  ]);
  await log.close();
  assert.equal((await it.musicfs(["events", "replay"])).code, 0);
  return it;
}

function eventsOf(it: Installation): StoredEvent[] {
  const log = openEventLog(it.stateDir, { readOnly: true });
  const events = [...log.read()];
  void log.close();
  return events;
}

Deno.test({
  name: "events compact leaves out superseded events, and changes nothing else",
  ignore: !mountable,
  async fn() {
    await using it = await aged();
    await it.mount();
    const before = await inodes(it.mountpoint);
    const refused = await it.musicfs(["events", "compact"]);
    assert.equal(refused.code, 1, "not while a daemon writes");
    assert.match(refused.stderr, /uses it\nhint: musicfs unmount/);
    await it.unmount();
    const events = eventsOf(it);
    const recent = await it.json<Compacted>(["events", "compact", "--keep", "90d"]);
    assert.equal(recent.events, recent.events_before, "all of it is of the last 90 days");
    assert.deepEqual(eventsOf(it), events);

    const done = await it.json<Compacted>(["events", "compact", "--keep", "0d"]);
    assert.equal(done.events_before, events.length);
    assert.ok(done.events < events.length, JSON.stringify(done));
    assert.ok(done.bytes < done.bytes_before / 2, JSON.stringify(done));
    assert.equal(done.bytes, Deno.statSync(`${it.stateDir}/events.mdb`).size);
    const left = eventsOf(it);
    assert.equal(left.length, done.events);
    assert.deepEqual(left.at(-1), events.at(-1));
    const kept = new Set(left.map(({ seq }) => seq));
    const same = events.filter(({ seq }) => kept.has(seq));
    assert.deepEqual(
      left.map(({ seq, at, type }) => [seq, at, type]),
      same.map((event) => [
        ...[event.seq, event.at, event.type],
      ]),
    );
    const verified = await it.musicfs(["events", "verify"]);
    assert.equal(verified.code, 0, verified.stdout);

    await it.mount();
    assert.deepEqual(await inodes(it.mountpoint), before);
    assert.equal((await it.musicfs(["events", "list", "--limit", "5"])).code, 0);
    await it.unmount();
    Deno.removeSync(it.cacheDir, { recursive: true });
    await it.mountAndScan();
    assert.deepEqual(await inodes(it.mountpoint), before, "built from what is left");
    assert.equal((await it.musicfs(["events", "verify"])).code, 0);
  },
});

Deno.test({
  name: "events compact that is killed at any moment leaves the old log or the new one",
  ignore: !mountable,
  async fn() {
    await using it = await aged(40);
    const before = eventsOf(it);
    const random = randomNumbers(SEED);
    const command = it.command(["events", "compact", "--keep", "0d", "--json"]);
    const run = () =>
      new Deno.Command(command[0]!, {
        args: command.slice(1),
        env: it.environment(),
        stdin: "null",
        stdout: "null",
        stderr: "null",
      }).spawn();
    const copy = `${it.base}/copy`;
    await copied(it.stateDir, copy);
    const started = performance.now();
    assert.equal((await run().status).code, 0);
    const wholeMs = performance.now() - started;
    const done = eventsOf(it);
    assert.ok(done.length < before.length);
    for (let round = 0; round < KILLS; round++) {
      const said = `round ${round} of seed ${SEED}`;
      Deno.removeSync(it.stateDir, { recursive: true });
      await copied(copy, it.stateDir);
      const child = run();
      const afterMs = random(1_000) / 1_000 * wholeMs;
      const timer = setTimeout(() => {
        try {
          child.kill("SIGKILL");
        } catch {
          // The compaction ended before the kill.
        }
      }, afterMs);
      await child.status;
      clearTimeout(timer);
      const found = eventsOf(it);
      assert.ok([before.length, done.length].includes(found.length), `${said}: ${found.length}`);
      assert.deepEqual(found, found.length === done.length ? done : before, said);
      const log = openEventLog(it.stateDir);
      const [event] = await log.append([played(1025)]);
      assert.equal(event!.seq, before.at(-1)!.seq + 1, said);
      await log.close();
      assert.equal(exists(`${it.stateDir}/rewritten`), false, said);
      const verified = await it.musicfs(["events", "replay"]);
      assert.equal(verified.code, 0, `${said}: ${verified.stderr}`);
      assert.equal((await it.musicfs(["events", "verify"])).code, 0, said);
    }
    await it.mount();
    assert.ok(filesBelow(it.mountpoint).length > 0);
  },
});

async function copied(from: string, to: string): Promise<void> {
  const { success } = await new Deno.Command("cp", { args: ["-a", from, to] }).output();
  assert(success);
}
