import assert from "node:assert/strict";
import { DatabaseSync, StatementSync } from "node:sqlite";
import { ROOT_ID, toNodeId } from "../../src/base/mod.ts";
import {
  appendEach,
  createTestLog,
  filePaths,
  given,
  treeOf,
} from "../../tests/support/projection_spec.ts";
import {
  configured,
  flac,
  gone,
  observed,
  observedOn,
  template,
} from "../../tests/support/music_events.ts";
import { played } from "../../tests/support/content_events.ts";
import { syntheticEvents } from "../../tests/support/synthetic_library.ts";
import { LIBRARY, LibraryReader, type ProjectionSet, Projector, verify } from "../mod.ts";
import type { MusicEvent } from "../../events/mod.ts";
import type { LibraryQueries } from "../read/library_queries.ts";
import { breathe } from "./_fold_run.ts";
import type { Fold, Projection } from "./projection.ts";

const events = [...syntheticEvents(3_000)];

/**
 * The library with other versions of some projections. Each calls `onFolded` for every event that it folds outside of
 * the serving file.
 */
function libraryWith(
  versions: Record<string, number>,
  onFolded: (name: string) => void = () => {},
): ProjectionSet<LibraryQueries> {
  return {
    ...LIBRARY,
    followers: LIBRARY.followers.map((it): Projection => ({
      ...it,
      version: versions[it.name] ?? it.version,
      start(db, context): Fold {
        const fold = it.start(db, context);
        return {
          flush: () => fold.flush(),
          apply(...args) {
            if (!context.feed) onFolded(it.name);
            return fold.apply(...args);
          },
        };
      },
    })),
  };
}

Deno.test("successor: one projection is filled alone, and events meanwhile are seen at once", async () => {
  await given(events, async ({ directory, projector, log }) => {
    await projector().close();
    const folded = new Set<string>();
    const set = libraryWith({ status: 99 }, (name) => folded.add(name));
    const reader = LibraryReader.open(directory)!;
    const before = treeOf(directory);
    const switched: string[] = [];
    const again = await Projector.open({
      ...{ directory, log, set },
      onSwitched: (file) => switched.push(file),
    });
    assert.equal(again.isFilling, true);
    assert.equal(reader.totals().tracks, 3_000);
    const { file } = again;
    await log.append([gone(2, 1024)]);
    await again.catchUp();
    assert.equal(again.file, file);
    assert.equal(reader.location(toNodeId(1024)), undefined);
    assert.equal(reader.totals().tracks, 3_000, "it stands still");
    assert.match(
      (await verify({ directory, log, set })).difference!,
      /^status: .*is being made anew/,
    );
    await again.filled();
    assert.deepEqual(switched, [again.file]);
    assert.notEqual(again.file, file);
    assert.equal(reader.reopen(), true);
    assert.equal(reader.totals().tracks, 2_999);
    reader.close();
    assert.equal((await verify({ directory, log, set })).difference, null);
    assert.equal(treeOf(directory).length, before.length - 1);
    await again.close();
    // If no event had been appended meanwhile, only the new projection would have been folded.
    folded.clear();
    const third = await Projector.open({
      ...{ directory, log },
      set: libraryWith({ status: 100 }, (name) => folded.add(name)),
    });
    await third.filled();
    // `files` reads the priorities of the origins, so `origins` is folded again.
    assert.deepEqual([...folded].sort(), ["origins", "status"]);
    await third.close();
  });
});

Deno.test("successor: the projector waits for the projections by which the engine decides", async () => {
  await given(events, async ({ directory, projector, log }) => {
    await projector().close();
    const again = await Projector.open({ directory, log, set: libraryWith({ origins: 99 }) });
    assert.equal(again.isFilling, false);
    assert.equal(again.queries.origins().length, 1);
    await again.close();
  });
});

Deno.test("successor: a continued successor knows the priorities of the origins", async () => {
  const compared: MusicEvent = {
    type: "CopiesCompared",
    v: 1,
    data: { comparisons: [], done: [] },
  };
  // To former programs, files that looked alike were one track.
  const history = [
    ...[configured("a", "/a", 9), configured("b", "/b", 1)],
    // As many events as are committed before the copies come, and some more.
    ...new Array<MusicEvent>(20_000).fill(compared),
    ...[observedOn("a", 1, flac(2_000, "A/B.flac")), observedOn("b", 2, flac(3_000, "A/B.flac"))],
  ];
  await given([], async ({ directory, projector, log }) => {
    await log.append(history);
    await projector().catchUp();
    await projector().close();
    const stopping = new AbortController();
    let folded = 0;
    const stopped = await Projector.open({
      ...{ directory, log, signal: stopping.signal },
      set: libraryWith({ status: 99 }, () => {
        if (++folded === 18_000) stopping.abort();
      }),
    });
    await stopped.filled();
    await stopped.close();
    const set = libraryWith({ status: 99 }, () => folded++);
    const again = await Projector.open({ directory, log, set });
    await again.filled();
    assert.ok(folded < 24_000, "it was gone on with");
    assert.equal((await verify({ directory, log, set })).difference, null);
    await again.close();
  });
});

Deno.test("successor: what a program that lacks a projection left behind is made anew", async () => {
  await given(events, async ({ directory, projector, log }) => {
    await projector().close();
    const followers = LIBRARY.followers.filter(({ name }) => name !== "plays");
    const older = await Projector.open({ directory, log, set: { ...LIBRARY, followers } });
    await log.append([played(1024)]);
    await older.catchUp();
    await older.close();
    const reasons: string[] = [];
    const newer = await Projector.open({
      ...{ directory, log, set: LIBRARY },
      onRebuild: (reason) => reasons.push(reason),
    });
    await newer.filled();
    await newer.close();
    assert.deepEqual(reasons, ["new or of other versions: plays"]);
    assert.equal((await verify({ directory, log, set: LIBRARY })).difference, null);
  });
});

Deno.test("successor: a failed filling is reported, and tried again", async () => {
  await given(events, async ({ directory, projector, log }) => {
    await projector().close();
    const faults: unknown[] = [];
    const set = libraryWith({ status: 99 }, () => {
      throw new Error("broken");
    });
    const again = await Projector.open({
      ...{ directory, log, set },
      onFault: (error) => faults.push(error),
    });
    await again.filled();
    assert.match(String(faults), /broken/);
    await log.append([gone(2, 1024)]);
    await again.catchUp();
    assert.equal(filePaths(directory).length, 2_999);
    await again.close();
    const third = await Projector.open({ directory, log, set: libraryWith({ status: 99 }) });
    await third.filled();
    assert.equal(
      (await verify({ directory, log, set: libraryWith({ status: 99 }) })).difference,
      null,
    );
    await third.close();
  });
});

Deno.test("successor: another template, and an origin's removal, are applied beside the serving file", async () => {
  await given(events, async ({ directory, projector, log, when }) => {
    const reader = LibraryReader.open(directory)!;
    const { file } = projector();
    await log.append([template("$title/$artist.$format")]);
    const catchingUp = projector().catchUp();
    await breathe();
    assert.ok(reader.lookup(ROOT_ID, "Artist 000000") !== undefined);
    await catchingUp;
    assert.notEqual(projector().file, file);
    assert.equal(reader.reopen(), true);
    assert.equal(reader.lookup(ROOT_ID, "Artist 000000"), undefined);
    reader.close();
    await when(template("$artist/$title.$format"));
    await when({ type: "OriginRemoved", v: 1, data: { origin: "local" } });
    assert.deepEqual(filePaths(directory), []);
    const last = projector().file;
    // An event that changes few rows is applied in the serving file.
    await when(observed(3, flac(9_000, "x.flac")), template("$title"), template("$title.$format"));
    assert.equal(projector().file, last);
  });
});

Deno.test("successor: other work has its turn often, however much changes", async () => {
  const files = 12_000;
  await given([], async ({ directory, log }) => {
    const set = libraryWith({});
    const projector = await Projector.open({ directory, log, set });
    const during = async (work: () => Promise<unknown>) => {
      const { longest, all } = await rowsBetweenTurns(work);
      assert.ok(all > files, `${all} rows`);
      assert.ok(longest < 10_000, `${longest} of ${all} rows without a turn`);
    };
    await appendEach(log, [...syntheticEvents(files)]);
    await during(() => projector.catchUp());
    await log.append([template("$artist/$title.$format")]);
    await during(() => projector.catchUp());
    await projector.close();
    // With a second origin, possible copies of files are looked up by path and by sound.
    await log.append([observedOn("other", 2, flac(90_000, "x.flac"))]);
    const again = await Projector.open({ directory, log, set: libraryWith({ library_tree: 99 }) });
    await during(() => again.filled());
    await log.append([{ type: "OriginRemoved", v: 1, data: { origin: "local" } }]);
    await during(() => again.catchUp());
    assert.deepEqual(filePaths(directory), ["Unknown Artist/x.flac"]);
    await again.close();
  });
});

/**
 * Counts the rows that SQLite reads, writes or indexes during some work: all of them, and the most between two turns of
 * the event loop.
 */
async function rowsBetweenTurns(
  work: () => Promise<unknown>,
): Promise<{ longest: number; all: number }> {
  let rows = 0;
  let longest = 0;
  let all = 0;
  const count = (more: number) => {
    rows += more;
    all += more;
    longest = Math.max(longest, rows);
  };
  const { exec } = DatabaseSync.prototype;
  DatabaseSync.prototype.exec = function (this: DatabaseSync, sql: string) {
    const [, index, table] = /^CREATE (?:UNIQUE )?INDEX .* (\w+)\s+ON (\w+)/.exec(sql) ?? [];
    const known = this.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?");
    if (index !== undefined && known.get(index) === undefined) {
      const { rows } = this.prepare(`SELECT count(*) AS rows FROM ${table}`).get()!;
      count(rows as number);
    }
    exec.call(this, sql);
  };
  const { run, get, all: many } = StatementSync.prototype;
  StatementSync.prototype.run = function (this: StatementSync, ...args: Parameters<typeof run>) {
    const result = run.apply(this, args);
    count(Math.max(1, Number(result.changes)));
    return result;
  } as typeof run;
  StatementSync.prototype.get = function (this: StatementSync, ...args: Parameters<typeof get>) {
    count(1);
    return get.apply(this, args);
  } as typeof get;
  StatementSync.prototype.all = function (this: StatementSync, ...args: Parameters<typeof many>) {
    const result = many.apply(this, args);
    count(1 + result.length);
    return result;
  } as typeof many;
  try {
    let isDone = false;
    const working = Promise.allSettled([work()]).finally(() => isDone = true);
    while (!isDone) {
      rows = 0;
      await breathe();
    }
    const [result] = await working;
    if (result.status === "rejected") throw result.reason;
    return { longest, all };
  } finally {
    Object.assign(StatementSync.prototype, { run, get, all: many });
    DatabaseSync.prototype.exec = exec;
  }
}

Deno.test("successor: a successor left for another purpose is not continued, and is deleted", async () => {
  await given(events, async ({ directory, projector, log }) => {
    await projector().close();
    const abort = new AbortController();
    const again = await Projector.open({
      ...{ directory, log, set: libraryWith({ status: 99 }), signal: abort.signal },
    });
    abort.abort();
    await again.close();
    const names = () => [...Deno.readDirSync(directory)].map(({ name }) => name);
    assert.ok(names().includes("library-next.sqlite"));
    const other = createTestLog();
    await appendEach(other, events.slice(0, 4));
    const another = libraryWith({ status: 99 });
    const third = await Projector.open({ directory, log: other, set: another });
    assert.equal((await verify({ directory, log: other, set: another })).difference, null);
    assert.ok(!names().includes("library-next.sqlite"));
    await third.close();
  });
});
