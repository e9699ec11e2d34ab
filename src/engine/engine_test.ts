import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { openEventLog } from "../../events/mod.ts";
import { flacFile } from "../../scripts/audio/mod.ts";
import { libraryDirectory } from "../config/places.ts";
import { DEFAULT_TEMPLATE, type Settings } from "../config/settings.ts";
import { Engine } from "./engine.ts";

/** An origin of four files, and engines over it, one after the other. */
class Place {
  readonly base = Deno.makeTempDirSync();
  readonly settings: Settings;
  /** Called when rows are committed. */
  onProjected: () => void = () => {};

  constructor() {
    const root = `${this.base}/music`;
    Deno.mkdirSync(root);
    for (let i = 0; i < 4; i++) {
      Deno.writeFileSync(`${root}/${i}.flac`, flacFile({ title: `${i}` }, { seed: i }));
    }
    this.settings = {
      template: DEFAULT_TEMPLATE,
      stateDir: `${this.base}/state`,
      cacheDir: `${this.base}/cache`,
      socket: `${this.base}/socket`,
      logLevel: "error",
      origins: [{
        id: "music",
        type: "local",
        root,
        priority: 1,
        bandwidth: null,
        dailyBudget: null,
      }],
      schedule: null,
      originSchedules: {},
      removalsHold: 0.25,
      cacheSizeBytes: 0,
      metadataSizeBytes: 0,
    };
  }

  async use<T>(work: (engine: Engine, stop: AbortController) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const silent = () => {};
    const engine = await Engine.open({
      settings: this.settings,
      logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
      signal: stop.signal,
      onProjected: () => this.onProjected(),
      onScan: silent,
      onCacheWork: silent,
      onOrigins: silent,
      onSwitched: silent,
    });
    try {
      return await work(engine, stop);
    } finally {
      stop.abort();
      await engine.close();
    }
  }

  /** Numbers that the log gave to files, by path. */
  async numbers(): Promise<Map<string, Set<number>>> {
    const log = openEventLog(this.settings.stateDir, { readOnly: true });
    const numbers = new Map<string, Set<number>>();
    for (const event of log.read()) {
      if (event.type !== "FilesObserved") continue;
      for (const { path, file } of event.data.files) {
        numbers.set(path, (numbers.get(path) ?? new Set()).add(file));
      }
    }
    await log.close();
    return numbers;
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.base, { recursive: true });
  }
}

Deno.test("a full scan that was asked for is full, also where another was cut off", async () => {
  using place = new Place();
  await place.use(async (engine, stop) => {
    await engine.rescan([], "changes");
    place.onProjected = () => stop.abort();
    await assert.rejects(engine.rescan([], "changes"));
  });
  place.onProjected = () => {};
  await place.use(async (engine) => {
    engine.resume();
    const [summary] = await engine.rescan([], "full");
    assert.deepEqual([summary?.outcome, summary?.read], ["completed", 4]);
  });
  await place.use((engine) => {
    engine.resume();
    assert.equal(engine.busy, false);
    return Promise.resolve();
  });
});

Deno.test("a library that could not follow the log gives no file a second number", async () => {
  using place = new Place();
  await place.use(async (engine) => {
    const directory = libraryDirectory(place.settings);
    const file = [...Deno.readDirSync(directory)].find(({ name }) => name.endsWith(".sqlite"))!;
    const other = new DatabaseSync(`${directory}/${file.name}`);
    // Rows can't be committed from the start of the scan on, as on a full disk.
    place.onProjected = () => {
      other.exec("BEGIN IMMEDIATE");
      place.onProjected = () => {};
    };
    await assert.rejects(engine.rescan([], "changes"), /locked/);
    other.exec("ROLLBACK");
    other.close();
    await engine.rescan([], "changes");
  });
  const numbers = await place.numbers();
  assert.equal(numbers.size, 4);
  for (const [path, { size }] of numbers) assert.equal(size, 1, path);
});
