import assert from "node:assert/strict";
import { type MusicEvent, openEventLog } from "../../events/mod.ts";
import { openLibrary } from "../../projections/mod.ts";
import { EXIT, UserError } from "../base/mod.ts";
import { libraryDirectory, type Settings } from "../config/mod.ts";
import { checkMount } from "./mount_preflight.ts";

/** Settings with directories of their own, and the text of what the checks log. */
class Place {
  readonly base = Deno.makeTempDirSync();
  readonly settings: Settings;

  constructor(root: string) {
    Deno.mkdirSync(`${this.base}/mnt`);
    this.settings = {
      template: "$title.$format",
      names: "linux",
      foldCase: true,
      showHidden: false,
      coverSources: ["files", "embedded"],
      coverSizes: [600, 300, 150],
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
        ...{ id: "music", type: "local", root: `${this.base}/${root}`, priority: 1 },
        ...{ bandwidth: null, dailyBudget: null },
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

  async check(): Promise<readonly string[]> {
    return (await checkMount(`${this.base}/mnt`, this.settings)).remarks;
  }

  /** Runs the check and expects a refusal. */
  async refusal(): Promise<UserError> {
    const error = await this.check().catch((error) => error);
    assert.ok(error instanceof UserError, String(error));
    return error;
  }

  async know(root: string): Promise<void> {
    const origin = "music";
    const events: MusicEvent[] = [
      {
        type: "OriginConfigured",
        v: 1,
        data: { origin, kind: "local", root: `${this.base}/${root}`, priority: 1 },
      },
      { type: "ScanStarted", v: 1, data: { origin, scan: 1, mode: "full" } },
      {
        type: "ScanCompleted",
        v: 1,
        data: {
          ...{ origin, scan: 1, mode: "full", listed: 0, read: 0, unreadable: 0, removed: 0 },
          ...{ unlisted: [], duration_ms: 1 },
        },
      },
    ];
    const log = openEventLog(this.settings.stateDir);
    await log.append(events);
    const projector = await openLibrary({ directory: libraryDirectory(this.settings), log });
    await projector.close();
    await log.close();
  }

  [Symbol.dispose](): void {
    Deno.removeSync(this.base, { recursive: true });
  }
}

Deno.test("an origin that does not exist and was never seen is refused before any directory is made", async () => {
  using place = new Place("Musci/Albums");
  Deno.mkdirSync(`${place.base}/Music/Albums`, { recursive: true });
  const error = await place.refusal();
  assert.equal(error.exitCode, EXIT.usage);
  assert.match(error.message, /origin music: .*\/Musci\/Albums does not exist/);
  assert.equal(error.hint, `did you mean ${place.base}/Music?`);
  assert.deepEqual([...Deno.readDirSync(place.base)].map(({ name }) => name).sort(), [
    "Music",
    "mnt",
  ]);
});

Deno.test("a known library does not make another missing origin acceptable", async () => {
  using place = new Place("musik");
  await place.know("music");
  assert.equal((await place.refusal()).exitCode, EXIT.usage);
});

Deno.test("an origin that was seen once may be missing, even when the cache directory was deleted", async () => {
  using place = new Place("music");
  await place.know("music");
  assert.match((await place.check())[0]!, /is not there \(yet\)/);
  Deno.removeSync(place.settings.cacheDir, { recursive: true });
  assert.match((await place.check())[0]!, /is not there \(yet\)/);
});
