import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { Home, MAIN } from "../support/home.ts";

Deno.test("events list, show and stats read the log with no daemon running", async () => {
  await using home = new Home();
  await home.library();
  const list = await home.musicfs("events", "list");
  assert.equal(list.code, 0, list.stderr);
  assert.equal(list.stdout.trim().split("\n").length, 5);
  assert.match(
    list.stdout,
    /ScanCompleted +scan 1 of music: 2 files, 2 read, 1 unreadable, 1 directory unlisted/,
  );

  const { value } = await home.json("events", "list", "--type", "filesobserved");
  assert.deepEqual(value.events.map((event: { seq: number }) => event.seq), [4]);
  assert.equal(value.last_seq, 5);
  assert.equal(value.events[0].data.files[0].tags.artist, "Tagged Artist");

  const seqs = async (...args: string[]) =>
    (await home.json("events", "list", ...args)).value.events.map((event: { seq: number }) =>
      event.seq
    );
  assert.deepEqual(await seqs("--limit", "2"), [4, 5]);
  assert.deepEqual(await seqs("--since", "3"), [3, 4, 5]);
  assert.deepEqual(await seqs("--since", "1h", "--limit", "1"), [5]);
  assert.deepEqual(await seqs("--since", "2999-01-01"), []);
  assert.equal((await home.musicfs("events", "list", "--since", "yesterday")).code, 2);
  const wrong = await home.musicfs("events", "list", "--type", "FileObserved");
  assert.equal(wrong.code, 2);
  assert.match(wrong.stderr, /did you mean FilesObserved\?/);

  assert.equal((await home.json("events", "show", "2")).value.data.root, home.music);
  const beyond = await home.musicfs("events", "show", "6");
  assert.equal(beyond.code, 4);
  assert.match(beyond.stderr, /the log ends at 5/);

  const stats = (await home.json("events", "stats")).value;
  assert.equal(stats.events, 5);
  assert.equal(stats.types.FilesObserved.count, 1);
  assert(stats.types.FilesObserved.bytes > 100);
  assert(stats.disk_bytes > 0);
  assert.match((await home.musicfs("events", "stats")).stdout, /^FilesObserved +1 /m);
});

Deno.test("events tail shows the last events and new ones, and exits with 130 on Ctrl-C", async () => {
  await using home = new Home();
  await home.library();
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", MAIN, "events", "tail", "--json", "--since", "5"],
    clearEnv: true,
    env: home.environment,
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => child.kill("SIGKILL"), 20_000);
  const lines: string[] = [];
  let appended = false;
  for await (const text of child.stdout.pipeThrough(new TextDecoderStream())) {
    lines.push(...text.split("\n").filter((line) => line !== ""));
    if (lines.length >= 1 && !appended) {
      appended = true;
      await home.append({ type: "RemovalsConfirmed", v: 1, data: { origin: "music" } });
    }
    if (lines.length >= 2) child.kill("SIGINT");
  }
  const { code } = await child.status;
  clearTimeout(timer);
  assert.deepEqual(lines.map((line) => JSON.parse(line).seq), [5, 6]);
  assert.equal(code, 130);
});

Deno.test("events replay builds a missing library once, and an existing one anew", async () => {
  await using home = new Home();
  await home.library();
  const files = () =>
    [...Deno.readDirSync(join(home.cacheDir, "projections"))].map(({ name }) => name)
      .filter((name) => name.endsWith(".sqlite"));
  assert.deepEqual(files(), ["library-1.sqlite"]);
  assert.equal((await home.musicfs("events", "replay")).code, 0);
  assert.deepEqual(files(), ["library-2.sqlite"]);
});

Deno.test("events replay makes the library, events verify finds it identical, and a difference exits with 1", async () => {
  await using home = new Home();
  await home.library();
  const verified = await home.json("events", "verify");
  assert.equal(verified.code, 0);
  assert.equal(verified.value.identical, true);

  const library = join(home.cacheDir, "projections");
  const current = Deno.readTextFileSync(join(library, "CURRENT")).trim();
  const database = new DatabaseSync(join(library, current));
  database.exec("UPDATE status SET tracks = 99");
  database.close();
  const different = await home.musicfs("events", "verify");
  assert.equal(different.code, 1, different.stderr);
  assert.match(different.stdout, /^Different: status\b.*\n$/);

  await Deno.remove(home.cacheDir, { recursive: true });
  const replayed = await home.json("events", "replay");
  assert.equal(replayed.code, 0);
  assert.equal(replayed.value.events, 5);
});
