/**
 * SIGKILL of either process at random moments of a scan. After each one the log opens, nothing acknowledged is
 * missing, and the projections are those of a replay.
 *
 * MUSICFS_TEST_SEED repeats a run, MUSICFS_TEST_KILLS changes the number of kills.
 */
import assert from "node:assert/strict";
import { toSeq } from "../../src/base/mod.ts";
import { type EventLog, openEventLog } from "../../events/mod.ts";
import { LibraryQueries, verifyLibrary } from "../../projections/mod.ts";
import { flacFile, mp3File } from "../../scripts/audio/mod.ts";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";

const KILLS = Number(Deno.env.get("MUSICFS_TEST_KILLS") ?? 40);
const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1_000_000);

Deno.test({
  name: `SIGKILL at ${KILLS} random moments of a scan loses nothing`,
  ignore: !needs("/dev/fuse"),
  async fn() {
    console.log(`seed ${SEED}: MUSICFS_TEST_SEED=${SEED} repeats this run`);
    const random = randomNumbers(SEED);
    await using it = new Installation();
    it.env = { MUSICFS_WATCH: "off" };
    const library = new ChangingLibrary(it.origin, random);
    library.change(60);
    await it.mount();
    const acknowledged = new Map<number, string>();
    let kills = 0;
    while (kills < KILLS) {
      library.change(40);
      // Chance decides whether the scan begins, is under way or is over at the moment of the kill.
      await it.rescan({ wait: false });
      await pause(random(600));
      using log = new OpenLog(it.stateDir);
      log.remember(acknowledged);
      const status = await it.status();
      const pid = random(2) === 0 ? status.mounts[0]!.pid : status.engine.pid;
      if (pid === null) continue;
      log.remember(acknowledged);
      Deno.kill(pid, "SIGKILL");
      kills++;
      if (pid === status.mounts[0]!.pid) {
        await it.crash();
        log.holds(acknowledged);
        await it.mount();
      }
      log.holds(acknowledged);
      const { identical, difference } = await verifyLibrary({
        directory: `${it.cacheDir}/projections`,
        log: log.log,
      });
      assert.ok(identical, `after kill ${kills}: ${difference}`);
    }
    const { code, stdout: said, stderr } = await it.musicfs(["origin", "rescan", "--wait"]);
    assert.equal(code, 0, said + stderr + it.log);
    assert.deepEqual(knownPaths(it), library.paths, "in the end every file is known");
    const { stdout } = await run(["find", it.mountpoint, "-type", "f"]);
    assert.equal(stdout.trim().split("\n").length, library.size);
  },
});

/** Paths of the files that are in the tree. */
function knownPaths(it: Installation): string[] {
  const library = LibraryQueries.open(`${it.cacheDir}/projections`)!;
  try {
    const { id } = library.origins()[0]!;
    return [...library.liveFiles(id)].map((file) => library.file(file)!.path).sort();
  } finally {
    library.close();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** The log, read in another process: every event that is visible there was acknowledged. */
class OpenLog implements Disposable {
  readonly log: EventLog;

  constructor(directory: string) {
    this.log = openEventLog(directory, { readOnly: true });
  }

  remember(seen: Map<number, string>): void {
    for (const event of this.log.read({ from: toSeq(seen.size + 1) })) {
      seen.set(event.seq, JSON.stringify(event));
    }
  }

  holds(seen: ReadonlyMap<number, string>): void {
    for (const event of this.log.read({ to: toSeq(seen.size) })) {
      assert.equal(JSON.stringify(event), seen.get(event.seq), `event ${event.seq}`);
    }
    assert.ok(this.log.lastSeq() >= seen.size, `${this.log.lastSeq()} of ${seen.size} events`);
  }

  [Symbol.dispose](): void {
    void this.log.close();
  }
}

/** A library to which files are added, and of which a few are changed, moved and removed. */
class ChangingLibrary {
  readonly #root: string;
  readonly #random: (below: number) => number;
  readonly #paths: string[] = [];
  #made = 0;

  constructor(root: string, random: (below: number) => number) {
    this.#root = root;
    this.#random = random;
  }

  get size(): number {
    return this.#paths.length;
  }

  get paths(): string[] {
    return this.#paths.map((path) => path.slice(this.#root.length + 1)).sort();
  }

  change(files: number): void {
    for (let i = 0; i < files; i++) this.#add();
    for (let i = 0; i < 3; i++) {
      const at = this.#random(this.#paths.length);
      const path = this.#paths[at]!;
      switch (this.#random(3)) {
        case 0:
          Deno.writeFileSync(path, this.#content(path.endsWith(".mp3")));
          break;
        case 1:
          this.#paths[at] = path.replace(/([^/]*)$/, `moved ${this.#made++} $1`);
          Deno.renameSync(path, this.#paths[at]!);
          break;
        case 2:
          this.#paths.splice(at, 1);
          Deno.removeSync(path);
      }
    }
  }

  #add(): void {
    const directory = `${this.#root}/${this.#random(12)}/${this.#random(12)}`;
    Deno.mkdirSync(directory, { recursive: true });
    const mp3 = this.#random(2) === 0;
    const path = `${directory}/${this.#made}.${mp3 ? "mp3" : "flac"}`;
    Deno.writeFileSync(path, this.#content(mp3));
    this.#paths.push(path);
  }

  #content(mp3: boolean): Uint8Array<ArrayBuffer> {
    const number = this.#made++;
    const tags = { title: `Title ${number}`, artist: `Artist ${number % 9}`, album: "Album" };
    const sound = { seconds: 0.05, seed: number };
    return mp3 ? mp3File(tags, sound) : flacFile(tags, sound);
  }
}
