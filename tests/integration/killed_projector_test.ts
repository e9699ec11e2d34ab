/**
 * SIGKILL at random moments of filling one projection, and of applying an event that moves every track. The next
 * process continues with what it finds, and the rows are those of a replay.
 *
 * MUSICFS_TEST_SEED repeats a run, MUSICFS_TEST_KILLS changes the number of kills.
 */
import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { LISTING_START } from "../../src/base/mod.ts";
import { type EventLog, type MusicEvent, openEventLog } from "../../events/mod.ts";
import { LIBRARY, LibraryReader, openLibrary, ROOT_ID, verify } from "../../projections/mod.ts";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { template } from "../support/music_events.ts";
import { syntheticEvents } from "../support/synthetic_library.ts";

const KILLS = Number(Deno.env.get("MUSICFS_TEST_KILLS") ?? 3);
const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1_000_000);
const FILES = 40_000;
const PROCESS = fileURLToPath(new URL("../support/projecting_process.ts", import.meta.url));

Deno.test(`SIGKILL at ${KILLS} random moments of filling a projection`, async () => {
  await killed(async ({ random, directory, start, log }) => {
    let version = 100;
    assert.equal(await start([`status=${version++}`]), true);
    let progress = 0;
    let kills = 0;
    let wentOn = 0;
    for (let patience = 0; kills < KILLS && patience < 3 * KILLS; patience++) {
      const isOver = await start([`status=${version}`], random);
      if (isOver) {
        version++;
        progress = 0;
        continue;
      }
      kills++;
      assert.equal(
        LibraryReader.open(directory)!.children(ROOT_ID, LISTING_START, 1).length,
        1,
        "the old one serves",
      );
      const now = progressOf(directory);
      assert.ok(now >= progress || now === 0, `after kill ${kills}: at ${now}, was at ${progress}`);
      if (progress > 0 && now >= progress) wentOn++;
      progress = now;
    }
    console.log(`${kills} kills, ${wentOn} times in the middle of what was there`);
    assert.equal(await start([`status=${version}`]), true);
    await isReplay(directory, log, { status: version });
  });
});

Deno.test(`SIGKILL at ${KILLS} random moments of applying another template`, async () => {
  await killed(async ({ random, directory, start, log }) => {
    let kills = 0;
    let texts = 0;
    const change = async () => {
      const writer = openEventLog(log.directory);
      await writer.append([template(`${texts++} $artist/$title.$format`)]);
      await writer.close();
    };
    await change();
    assert.equal(await start([]), true);
    await change();
    for (let patience = 0; kills < KILLS && patience < 3 * KILLS; patience++) {
      if (await start([], random)) {
        await change();
        continue;
      }
      kills++;
      const names = rootNames(directory);
      const which = new Set(names.map((name) => /^\d+ /.exec(name)?.[0] ?? ""));
      assert.equal(which.size, 1, `${names} are of several templates`);
    }
    assert.equal(await start([]), true);
    await isReplay(directory, log, {});
    const [first] = rootNames(directory);
    assert.ok(first!.startsWith(`${texts - 1} `), first);
  });
});

interface World {
  readonly random: (below: number) => number;
  readonly directory: string;
  readonly log: { readonly directory: string };
  /**
   * Starts the process, and kills it at a random moment of its work unless it has ended by then. Without `random` the
   * process is not killed. Resolves with whether it ended by itself.
   */
  start(args: string[], random?: (below: number) => number): Promise<boolean>;
}

/** Runs a test with a library that was built from a log on the disk. */
async function killed(run: (world: World) => Promise<void>): Promise<void> {
  console.log(`seed ${SEED}: MUSICFS_TEST_SEED=${SEED} repeats this run`);
  const base = await Deno.makeTempDir();
  const [state, directory] = [`${base}/state`, `${base}/projections`];
  try {
    const log = openEventLog(state);
    await log.append([...syntheticEvents(FILES)].flatMap(eachFile));
    await (await openLibrary({ directory, log })).close();
    await log.close();
    let workMs = 1_000;
    await run({
      random: randomNumbers(SEED),
      directory,
      log: { directory: state },
      async start(args, random) {
        const child = new Deno.Command(Deno.execPath(), {
          args: ["run", "--quiet", "-A", PROCESS, state, directory, ...args],
          stdin: "null",
          stdout: "piped",
          stderr: "inherit",
        }).spawn();
        const reader = child.stdout.getReader();
        await reader.read();
        const begun = performance.now();
        const timer = random && setTimeout(() => kill(child), random(Math.ceil(workMs)));
        const { success, signal } = await child.status;
        clearTimeout(timer);
        await reader.cancel();
        // The duration of the work depends on the machine: the longest uninterrupted run defines it, of which there must
        // be one before the first kill.
        if (success) workMs = Math.max(workMs, performance.now() - begun);
        assert.ok(success || signal === "SIGKILL", `it ended by itself, with ${signal}`);
        return success;
      },
    });
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}

/** An event for each file: what is committed together is bounded in events, so the work has several commits. */
function eachFile(event: MusicEvent): MusicEvent[] {
  if (event.type !== "FilesObserved") return [event];
  const { files, ...data } = event.data;
  return files.map((file) => ({ ...event, data: { ...data, position: file.path, files: [file] } }));
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // The process has just ended.
  }
}

/** Some of the names in the root, as readers see them. */
function rootNames(directory: string): string[] {
  const reader = LibraryReader.open(directory)!;
  try {
    return reader.children(ROOT_ID, LISTING_START, 10).map(({ name }) => name);
  } finally {
    reader.close();
  }
}

/** The position up to which the file under construction is folded; 0 when there is none. */
function progressOf(directory: string): number {
  const path = `${directory}/library-next.sqlite`;
  let db: DatabaseSync | undefined;
  try {
    Deno.statSync(path);
    db = new DatabaseSync(path);
    return db.prepare("SELECT checkpoint FROM library").get()!.checkpoint as number;
  } catch {
    return 0;
  } finally {
    db?.close();
  }
}

async function isReplay(
  directory: string,
  log: { directory: string },
  versions: Record<string, number>,
): Promise<void> {
  const events: EventLog = openEventLog(log.directory, { readOnly: true });
  const followers = LIBRARY.followers.map((it) => ({
    ...it,
    version: versions[it.name] ?? it.version,
  }));
  const set = { ...LIBRARY, followers };
  assert.equal((await verify({ directory, log: events, set })).difference, null);
  await events.close();
}
