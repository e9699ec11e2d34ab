import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { nodeOfTrack } from "../base/mod.ts";
import { type FileDetails, openEventLog } from "../../events/mod.ts";
import { LibraryQueries } from "../../projections/mod.ts";
import { flacFile, mp3File } from "../../scripts/audio/mod.ts";
import { until } from "../../tests/support/until.ts";
import { libraryDirectory } from "../config/places.ts";
import { DEFAULT_TEMPLATE, type Settings } from "../config/settings.ts";
import type { OriginSettings } from "../control/protocol.ts";
import { Engine } from "./engine.ts";

/** The number and path of a track that the tree shows, and other facts about it. */
type ShownTrack = [track: number, path: string, details: FileDetails | undefined];

/** An origin of four files, and engines over it, one after the other. */
class Place {
  readonly base = Deno.makeTempDirSync();
  readonly settings: Settings;
  /** Called when rows are committed. */
  /** How often engines reported the status of their scans. */
  scans = 0;
  onProjected: () => void = () => {};

  constructor() {
    const root = `${this.base}/music`;
    Deno.mkdirSync(root);
    for (let i = 0; i < 4; i++) {
      const tags = { title: `${i}`, picture: new Uint8Array([0xff, 0xd8, i]) };
      Deno.writeFileSync(`${root}/${i}.flac`, flacFile(tags, { seed: i }));
    }
    this.settings = {
      template: DEFAULT_TEMPLATE,
      names: "linux",
      foldCase: true,
      showHidden: false,
      coverSources: ["files", "embedded"],
      coverSizes: [600],
      listCoverSizes: false,
      searchEnabled: true,
      smartCollections: true,
      views: [],
      exclude: [],
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
      tagEncoding: "windows-1252",
      cacheSizeBytes: 0,
      metadataSizeBytes: 0,
      mount: { owner: null, group: null, fileMode: null, dirMode: null },
    };
  }

  async use<T>(work: (engine: Engine, stop: AbortController) => Promise<T>): Promise<T> {
    const stop = new AbortController();
    const silent = () => {};
    const engine = await Engine.open({
      settings: this.settings,
      logger: { trace: silent, debug: silent, info: silent, warn: silent, error: silent },
      signal: stop.signal,
      onBuild: () => {},
      onProjected: () => this.onProjected(),
      onScan: () => this.scans++,
      onCacheWork: silent,
      refused: [],
      onRefused: silent,
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

  /** Gives the origin another name; the next engine uses it. */
  name(change: Partial<OriginSettings>): void {
    this.settings.origins = this.settings.origins.map((origin) => ({ ...origin, ...change }));
  }

  /** Scans everything in an engine of its own. Returns how many files it read, and what the tree shows then. */
  scanned(mode: "changes" | "full" = "changes"): Promise<[number, ShownTrack[]]> {
    return this.use(async (engine) => {
      const summaries = await engine.rescan([], mode);
      return [summaries.reduce((sum, { read }) => sum + read, 0), this.tracks()];
    });
  }

  tracks(): ShownTrack[] {
    const queries = LibraryQueries.open(libraryDirectory(this.settings))!;
    const tracks: ShownTrack[] = [];
    for (const { id } of queries.origins()) {
      for (const file of queries.liveFiles(id)) {
        const track = queries.trackOf(file);
        if (track === undefined) continue;
        const { details } = queries.scanning.factsOf(queries.file(file)!);
        tracks.push([track, queries.nodePath(nodeOfTrack(track))!, details]);
      }
    }
    queries.close();
    return tracks.sort(([a], [b]) => a - b);
  }

  /** The numbers that the log has for files, by path. */
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

Deno.test("a requested full scan is full, also when another scan was cut off", async () => {
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
  await place.use(async (engine) => {
    place.scans = 0;
    engine.resume();
    // At its start the engine sweeps the store, and scans no origin.
    await until("it comes to rest", 10_000, () => !engine.busy);
    assert.equal(place.scans, 0);
  });
});

Deno.test("a library that could not follow the log gives no file a second number", async () => {
  using place = new Place();
  await place.use(async (engine) => {
    const directory = libraryDirectory(place.settings);
    const file = [...Deno.readDirSync(directory)].find(({ name }) => name.endsWith(".sqlite"))!;
    const other = new DatabaseSync(`${directory}/${file.name}`);
    // From the start of the scan on, no rows can be committed, as on a full disk.
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

Deno.test("an origin of another name, or below another root, is not read again and keeps its numbers", async () => {
  using place = new Place();
  const { root } = place.settings.origins[0]!;
  const [read, tracks] = await place.scanned();
  assert.deepEqual([read, tracks.length], [4, 4]);
  assert.ok(tracks.every(([, , details]) => details?.pictures !== undefined));

  place.name({ id: "renamed" });
  assert.deepEqual(await place.scanned(), [0, tracks]);

  // A copy on another disk: other inodes, the times of the original.
  const { success } = await new Deno.Command("cp", { args: ["-a", root, `${place.base}/copy`] })
    .output();
  assert.ok(success);
  place.name({ root: `${place.base}/copy` });
  assert.deepEqual(await place.scanned(), [0, tracks]);
  assert.deepEqual(await place.scanned(), [0, tracks]);

  Deno.renameSync(`${place.base}/copy`, `${place.base}/both`);
  place.name({ root: `${place.base}/both`, id: "both" });
  assert.deepEqual(await place.scanned(), [0, tracks]);
});

Deno.test("in an origin with another name, a file that changed is recognised by its sound", async () => {
  using place = new Place();
  const { root } = place.settings.origins[0]!;
  const [, tracks] = await place.scanned();
  Deno.writeFileSync(`${root}/0.flac`, flacFile({ title: "0", artist: "New" }, { seed: 0 }));
  place.name({ id: "renamed" });
  const [read, after] = await place.scanned();
  assert.equal(read, 1);
  assert.deepEqual(after.map(([track]) => track), tracks.map(([track]) => track));
  assert.match(after[0]![1], /^New/);
});

Deno.test("a library is kept when its origin is replaced by one that is missing or empty", async () => {
  using place = new Place();
  const { root } = place.settings.origins[0]!;
  const [, tracks] = await place.scanned();
  const typo = `${place.base}/musik`;
  place.name({ id: "musik", root: typo });
  assert.deepEqual(await place.scanned(), [0, tracks]);
  Deno.mkdirSync(typo);
  assert.deepEqual(await place.scanned(), [0, tracks]);
  place.name({ id: "music", root });
  assert.deepEqual(await place.scanned(), [0, tracks]);
});

Deno.test("an origin that the settings no longer name is removed once its replacement was scanned", async () => {
  using place = new Place();
  await place.scanned();
  Deno.mkdirSync(`${place.base}/other`);
  Deno.writeFileSync(`${place.base}/other/x.flac`, flacFile({ title: "x" }, { seed: 9 }));
  place.name({ id: "other", root: `${place.base}/other` });
  await place.use(() => Promise.resolve());
  assert.equal(place.tracks().length, 4, "it was not scanned yet");
  const [read, tracks] = await place.scanned();
  assert.deepEqual([read, tracks.length], [1, 1]);
});

Deno.test("an origin that was taken out of the settings for a while is not read again", async () => {
  using place = new Place();
  const { origins } = place.settings;
  const [, tracks] = await place.scanned();
  place.settings.origins = [];
  await place.use(() => Promise.resolve());
  assert.deepEqual(place.tracks(), []);
  place.settings.origins = origins;
  assert.deepEqual(await place.scanned(), [0, tracks]);
});

Deno.test("two scans at once get two numbers, and no two files get one number", async () => {
  using place = new Place();
  const { root } = place.settings.origins[0]!;
  await place.scanned();
  // Two new origins are the same folder: both find every file of the origin that is removed.
  const nfs = (id: string): OriginSettings => ({
    ...{ id, type: "nfs", root: `${place.base}/${id}`, priority: 1 },
    ...{ bandwidth: null, dailyBudget: null },
  });
  for (const id of ["one", "two"]) {
    await new Deno.Command("cp", { args: ["-a", root, `${place.base}/${id}`] }).output();
    Deno.writeFileSync(`${place.base}/${id}/new.flac`, flacFile({ title: id }, { seed: 7 }));
  }
  place.settings.origins = [nfs("one"), { ...nfs("two"), priority: 2 }];
  await place.scanned();
  const log = openEventLog(place.settings.stateDir, { readOnly: true });
  const scans: number[] = [];
  const originOf = new Map<number, string>();
  for (const event of log.read()) {
    if (event.type === "ScanStarted") scans.push(event.data.scan);
    if (event.type !== "FilesObserved" || event.data.origin === "music") continue;
    for (const { file } of event.data.files) {
      assert.equal(originOf.get(file) ?? event.data.origin, event.data.origin);
      originOf.set(file, event.data.origin);
    }
  }
  await log.close();
  assert.deepEqual([scans.length, new Set(scans).size], [3, 3]);
  assert.equal(originOf.size, 10);
});

Deno.test("the next scan uses a changed encoding, and every file keeps its identity", async () => {
  using place = new Place();
  const tag = new Uint8Array(128);
  tag.set(new TextEncoder().encode("TAG"));
  tag.set([0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2], 3);
  const path = `${place.settings.origins[0]!.root}/old.mp3`;
  Deno.writeFileSync(path, new Uint8Array([...mp3File({}, { id3: null }), ...tag]));
  const titled = (title: string) =>
    until(
      `it is called ${title}`,
      20_000,
      () => place.tracks().find(([, path]) => path.includes(title)),
    );
  const [number] = await place.use(async (engine) => {
    await engine.rescan([], "changes");
    return await titled("Ïðèâåò");
  });
  place.settings.tagEncoding = "windows-1251";
  await place.use(async (engine) => {
    await engine.rescan([], "changes");
    assert.equal((await titled("Привет"))[0], number);
    await until("nothing is left to do", 20_000, () => !engine.busy);
  });
  const log = openEventLog(place.settings.stateDir, { readOnly: true });
  const observed = [...log.read()].filter(({ type }) => type === "FilesObserved").length;
  await log.close();
  await place.use(async (engine) => {
    await engine.rescan([], "changes");
    await until("nothing is left to do", 20_000, () => !engine.busy);
  });
  const after = openEventLog(place.settings.stateDir, { readOnly: true });
  const events = [...after.read()].filter(({ type }) => type === "FilesObserved");
  await after.close();
  assert.equal(events.length, observed, "what was read again is not read once more");
});
