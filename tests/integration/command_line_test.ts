/**
 * The command line as a script meets it: a process, its exit code, and its output on stdout and stderr. Nothing is
 * mounted here. The test writes the log, and the program makes the library from it.
 */
import assert from "node:assert/strict";
import { join } from "node:path";
import { originId } from "../../src/config/origin_spec.ts";
import { DatabaseSync } from "node:sqlite";
import { toFileId } from "../../src/base/mod.ts";
import {
  CACHE_VOCABULARY,
  type CacheEvent,
  type MusicEvent,
  openEventLog,
} from "../../events/mod.ts";
import { pinned, played, stored } from "../support/content_events.ts";
import { denoDirectory } from "../support/deno_directory.ts";
import { HangingFs } from "../support/hanging_fs.ts";
import { needs } from "../support/needs.ts";

const MAIN = new URL("../../main.ts", import.meta.url).pathname;

interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** A home directory of its own, and the program that runs in it. */
class Home implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "musicfs-cli-" });
  readonly stateDir = join(this.path, ".local/state/musicfs");
  readonly cacheDir = join(this.path, ".cache/musicfs");
  readonly music = join(this.path, "Music");
  readonly environment: Record<string, string>;

  constructor() {
    Deno.mkdirSync(this.music);
    this.environment = {
      HOME: this.path,
      PATH: Deno.env.get("PATH") ?? "",
      // The program's packages stay where they are, whatever the home directory.
      DENO_DIR: denoDirectory(),
    };
  }

  command(args: readonly string[]): Deno.Command {
    return new Deno.Command("timeout", {
      args: ["-k", "5", "30", Deno.execPath(), "run", "--quiet", "-A", MAIN, ...args],
      clearEnv: true,
      env: this.environment,
      cwd: this.path,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  async musicfs(...args: string[]): Promise<Result> {
    const { code, stdout, stderr } = await this.command(args).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** Runs with `--json` and insists that stdout is one document. */
  // deno-lint-ignore no-explicit-any
  async json(...args: string[]): Promise<{ code: number; value: any; stderr: string }> {
    const { code, stdout, stderr } = await this.musicfs(...args, "--json");
    return { code, value: JSON.parse(stdout), stderr };
  }

  config(text: string): void {
    Deno.mkdirSync(join(this.path, ".config/musicfs"), { recursive: true });
    Deno.writeTextFileSync(join(this.path, ".config/musicfs/config.toml"), text);
  }

  async append(...events: MusicEvent[]): Promise<void> {
    const log = openEventLog(this.stateDir);
    await log.append(events);
    await log.close();
  }

  /** Begins the cache log of the library, with these events. */
  async cached(...events: CacheEvent[]): Promise<void> {
    const library = openEventLog(this.stateDir, { readOnly: true });
    const log = openEventLog(`${this.cacheDir}/chunks/log`, {
      about: { library: library.id, store: crypto.randomUUID() },
      vocabulary: CACHE_VOCABULARY,
    });
    await log.append(events);
    await log.close();
    await library.close();
  }

  /** Makes a log with one origin and two files, and the library of that log. */
  async library(): Promise<void> {
    const version = { size: 1_000, mtime_s: 1_700_000_000, mtime_ns: 5 };
    await this.append(
      {
        type: "TemplateChanged",
        v: 1,
        data: { template: "$artist/$album/$track - $title.$format" },
      },
      {
        type: "OriginConfigured",
        v: 1,
        data: { origin: "music", kind: "local", root: this.music, priority: 1 },
      },
      { type: "ScanStarted", v: 1, data: { origin: "music", scan: 1, mode: "full" } },
      {
        type: "FilesObserved",
        v: 1,
        data: {
          origin: "music",
          scan: 1,
          position: "x",
          files: [
            {
              file: toFileId(1024),
              path: "Artist/Album/01 From Path.flac",
              ...version,
              format: "flac",
              tags: { artist: "Tagged Artist", album: "Tagged Album" },
              properties: { codec: "FLAC", duration_ms: 61_000, sample_rate: 44_100, channels: 2 },
            },
            {
              file: toFileId(1025),
              path: "bad\n\uef80.mp3",
              ...version,
              unreadable: "No MPEG frame",
            },
          ],
        },
      },
      {
        type: "ScanCompleted",
        v: 1,
        data: {
          origin: "music",
          scan: 1,
          mode: "full",
          listed: 2,
          read: 2,
          unreadable: 1,
          removed: 0,
          unlisted: [{ path: "locked", reason: "Permission denied" }],
          duration_ms: 12,
        },
      },
    );
    const { code, stderr } = await this.musicfs("events", "replay");
    assert.equal(code, 0, stderr);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

Deno.test("version names the running program, for people and as one JSON document", async () => {
  await using home = new Home();
  assert.match((await home.musicfs("version")).stdout, /^musicfs \d+\.\d+\.\d+ \(Deno /);
  const { code, value, stderr } = await home.json("version");
  assert.equal(code, 0);
  assert.equal(stderr, "");
  assert.match(value.version, /^\d+\.\d+\.\d+$/);
});

Deno.test("help lists every command of this version, and every command has help", async () => {
  await using home = new Home();
  const { code, stdout } = await home.musicfs("help");
  assert.equal(code, 0);
  const commands = [
    ...["mount", "unmount", "status", "origin", "track", "cache", "events", "config", "doctor"],
    ...["completions", "version"],
  ];
  for (const name of commands) assert.match(stdout, new RegExp(`^ {2}${name}\\b`, "m"), name);
  const deep = [
    ["mount", "--origin <path|url>", "--template", "--daemon", "--allow-other", "--no-scan"],
    ["origin", "list", "rescan", "confirm-removals <id>"],
    ["origin rescan", "[id...]", "--full", "--wait"],
    ["track", "show <path>", "unreadable"],
    ["cache", "stats", "clear", "verify", "pin <query>", "unpin <query>", "warm <query>"],
    ["cache clear", "--origin <id>"],
    ["events", "list", "tail", "show [options] <seq>", "stats", "verify", "replay"],
    ["events list", "--type", "--since", "--limit"],
    ["config", "show", "check"],
    ["completions", "bash", "zsh", "fish"],
  ];
  const globals = ["--json", "--config", "--state-dir", "--cache-dir", "--socket", "--log-level"];
  for (const [command, ...words] of deep) {
    const help = await home.musicfs(...command!.split(" "), "--help");
    assert.equal(help.code, 0, command);
    for (const word of [...words, ...globals]) {
      assert(help.stdout.includes(word), `${command}: ${word}`);
    }
  }
});

Deno.test("wrong usage exits with 2, says so on stderr, and suggests what was meant", async () => {
  await using home = new Home();
  const cases: [string[], RegExp][] = [
    [["stats"], /^musicfs: Unknown command 'stats'\nhint: did you mean status\?\n$/],
    [["events", "lst"], /did you mean list\?/],
    [["mount", "/x", "--origi", "y"], /Unknown option '--origi'\nhint: did you mean --origin\?/],
    [["mount"], /Missing required argument 'mountpoint'/],
    [["events", "show", "first"], /whole number above 0/],
    [["events", "list", "--limit", "-1"], /whole number above 0/],
    [["cache", "pin"], /Missing required argument 'query'/],
    [["cache", "clear", "nas"], /Too many arguments/],
    [["completions", "tcsh"], /Allowed choices are bash, zsh, fish/],
    [["status", "--log-level", "warm"], /Allowed choices are error, warn/],
    [["status", "more"], /Too many arguments/],
  ];
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await home.musicfs(...args);
    assert.equal(code, 2, args.join(" "));
    assert.equal(stdout, "", args.join(" "));
    assert.match(stderr, expected);
  }
  const nothing = await home.musicfs();
  assert.equal(nothing.code, 2);
  assert.match(nothing.stderr, /^Usage: musicfs/);
});

Deno.test("help with --json is one document, and so is what a missing command gets", async () => {
  await using home = new Home();
  for (const args of [["help"], ["help", "events"], ["mount", "--help"]]) {
    const { code, value } = await home.json(...args);
    assert.equal(code, 0);
    assert.match(value.help, /^Usage: musicfs /);
  }
  for (const args of [[], ["events"]]) {
    const { code, value } = await home.json(...args);
    assert.equal(code, 2);
    assert.equal(value.error.message, "A command is missing");
  }
});

Deno.test("a failure with --json is one document that holds message, hint and exit code", async () => {
  await using home = new Home();
  const { code, value, stderr } = await home.json("status");
  assert.equal(code, 3);
  assert.equal(value.error.exit_code, 3);
  assert.match(value.error.message, /none is running/);
  assert.match(value.error.hint, /musicfs mount/);
  assert(stderr.includes(value.error.message));
  assert.equal((await home.json("no-such-command")).value.error.exit_code, 2);
});

Deno.test("commands that need a daemon exit with 3 when none runs", async () => {
  await using home = new Home();
  const commands = [
    ...[["status"], ["origin", "rescan"], ["origin", "confirm-removals", "music"]],
    ...[["cache", "pin", "x"], ["cache", "unpin", "x"], ["cache", "warm", "x"]],
  ];
  for (const args of commands) {
    const { code, stderr } = await home.musicfs(...args);
    assert.equal(code, 3, args.join(" "));
    assert.match(stderr, /hint: .*musicfs mount/);
  }
});

Deno.test("a command about something that does not exist exits with 4", async () => {
  await using home = new Home();
  const commands = [
    ...["events list", "events tail", "events stats", "events verify", "events replay"],
    ...["origin list", "track show x", "track unreadable"],
    ...["cache stats", "cache clear", "cache verify"],
  ];
  for (const command of commands) {
    assert.equal((await home.musicfs(...command.split(" "))).code, 4, command);
  }
  assert.equal((await home.musicfs("unmount", home.music)).code, 4);
});

Deno.test("config check reports every problem with its line, config show the source of each value", async () => {
  await using home = new Home();
  assert.equal((await home.musicfs("config", "check")).code, 0);
  home.config('template = "$artist/$title"\n\n[cache]\nsice = "1 GB"\nsize = "huge"\n');
  const check = await home.musicfs("config", "check");
  assert.equal(check.code, 2);
  assert.equal(check.stdout, "");
  assert.match(check.stderr, /config\.toml:4: Unknown key cache\.sice: did you mean "size"\?/);
  assert.match(check.stderr, /config\.toml:5: Cannot use cache\.size = "huge": expected a size/);
  const { code, value } = await home.json("config", "check");
  assert.equal(code, 2);
  assert.equal(value.ok, false);
  // deno-lint-ignore no-explicit-any
  assert.deepEqual(value.problems.map((problem: any) => [problem.line, problem.key]), [
    [4, "cache.sice"],
    [5, "cache.size"],
  ]);

  home.config('template = "$artist/$title"\n[[origins]]\npath = "~/Music"\n');
  home.environment["MUSICFS_CACHE_SIZE"] = "5 GB";
  const shown = await home.json("config", "show", "--cache-dir", "elsewhere");
  assert.equal(shown.value.settings.cache_size_bytes, 5_000_000_000);
  assert.equal(shown.value.settings.cache_dir, join(home.path, "elsewhere"));
  assert.deepEqual(shown.value.settings.origins, [
    {
      id: originId({ type: "local", root: home.music }, []),
      type: "local",
      root: home.music,
      priority: 1,
      bandwidth: null,
      daily_budget: null,
    },
  ]);
  const { sources } = shown.value;
  assert.deepEqual(
    [sources.template, sources["cache.size"], sources.cache_dir, sources.state_dir],
    ["file", "environment", "flag", "default"],
  );
});

Deno.test("the log can be read in spite of a broken configuration", async () => {
  await using home = new Home();
  await home.library();
  home.config("nonsense = 1\n");
  assert.equal((await home.musicfs("config", "show")).code, 2);
  assert.equal((await home.musicfs("events", "list")).code, 0);
  assert.equal((await home.musicfs("origin", "list")).code, 0);
});

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

Deno.test("origin list shows the origins as the log knows them", async () => {
  await using home = new Home();
  await home.library();
  const { value } = await home.json("origin", "list");
  assert.equal(value.origins.length, 1);
  const [origin] = value.origins;
  assert.deepEqual(
    [origin.id, origin.type, origin.root, origin.tracks],
    ["music", "local", home.music, 1],
  );
  assert(origin.last_scan_at > 0);
  assert.deepEqual([origin.priority, origin.health, origin.reason], [1, "unknown", null]);
  assert.equal(origin.latency_ms, null);
  assert.deepEqual(origin.egress, { today_bytes: 0, daily_budget_bytes: null, total_bytes: 0 });
  const { stdout } = await home.musicfs("origin", "list");
  assert.match(stdout, /^ORIGIN .*\nmusic +local +1 +unknown +- +1 +- +/);
});

Deno.test("origin list shows why an origin is down, and what was read of its daily budget", async () => {
  await using home = new Home();
  home.config(
    '[[origins]]\nid = "bucket"\ntype = "s3"\nbucket = "b"\ndaily_budget = "5 GB"\n',
  );
  const transferred = { type: "OriginTransferred", v: 1 } as const;
  await home.append(
    {
      type: "OriginConfigured",
      v: 1,
      data: { origin: "bucket", kind: "s3", root: "s3://b", priority: 2 },
    },
    { ...transferred, data: { origin: "bucket", bytes: 1_000_000 } },
    { ...transferred, data: { origin: "bucket", bytes: 500_000 } },
    {
      type: "OriginHealthChanged",
      v: 1,
      data: { origin: "bucket", health: "down", reason: "It refused\u001b the credentials" },
    },
  );
  assert.equal((await home.musicfs("events", "replay")).code, 0);
  const [origin] = (await home.json("origin", "list")).value.origins;
  assert.deepEqual([origin.health, origin.reason], ["down", "It refused\u001b the credentials"]);
  assert.equal(origin.egress.daily_budget_bytes, 5_000_000_000);
  assert.equal(origin.egress.total_bytes, 1_500_000);
  // Midnight in UTC may pass between the two clocks.
  assert([0, 1_500_000].includes(origin.egress.today_bytes));
  const { stdout } = await home.musicfs("origin", "list");
  assert.match(stdout, /\nbucket +s3 +2 +down +- +0 +(1\.5 MB|0 B) of 5 GB +never +s3:\/\/b\n/);
  assert.match(stdout, /\nbucket: It refused\\x1b the credentials\n$/);
});

Deno.test("track show finds a track by its virtual and its real path, and names the source of each tag", async () => {
  await using home = new Home();
  await home.library();
  const real = join(home.music, "Artist/Album/01 From Path.flac");
  const virtual = "Tagged Artist/Tagged Album/01 - From Path.flac";
  for (const path of [virtual, `/${virtual}`, real, "Music/Artist/Album/01 From Path.flac"]) {
    const { code, value } = await home.json("track", "show", path);
    assert.equal(code, 0, path);
    assert.equal(value.virtual_path, virtual);
    assert.equal(value.real_path, real);
    assert.deepEqual(value.used.artist, { value: "Tagged Artist", source: "embedded" });
    assert.deepEqual(value.used.title, { value: "From Path", source: "path" });
    assert.deepEqual(value.used.track, { value: 1, source: "path" });
  }
  const { stdout } = await home.musicfs("track", "show", virtual);
  assert.match(stdout, /^title +From Path +path$/m);
  assert.match(stdout, /FLAC, 1 min 1 s, 44100 Hz, 2 channels/);
  assert.equal((await home.musicfs("track", "show", "Nobody/Nothing")).code, 4);
});

Deno.test("cache stats counts what is stored according to the log, with a broken configuration too", async () => {
  await using home = new Home();
  await home.library();
  home.config('[cache]\nsize = "2 GB"\n');
  const chunk = (first: string, length: number) => ({ hash: first.repeat(64), length });
  await home.cached(stored(1024, 4, 0, chunk("a", 400), chunk("b", 200), chunk("a", 400)));
  await home.append(
    pinned("an\u001b album", 1024),
    played(1024),
  );
  assert.equal((await home.musicfs("events", "replay")).code, 0);
  const { value } = await home.json("cache", "stats");
  assert.deepEqual([value.bytes, value.chunks, value.dedup_ratio], [600, 2, 1_000 / 600]);
  assert.deepEqual([value.limit_bytes, value.metadata_limit_bytes], [2e9, 100e6]);
  assert.deepEqual([value.hits, value.misses, value.hit_rate], [null, null, null]);
  // Neither the file nor its chunks are on any disk, so nothing was found at hand.
  const [pin] = value.pins;
  assert.deepEqual([pin.query, pin.tracks, pin.bytes, pin.at_hand_bytes], [
    ...["an\u001b album", 1, 1_000, 0],
  ]);
  assert.deepEqual(value.origins, [{
    ...{ id: "music", type: "local", stored_files: 1, stored_bytes: 1_000, provisional_bytes: 0 },
    egress: { today_bytes: 0, daily_budget_bytes: null, total_bytes: 0 },
  }]);
  const { stdout } = await home.musicfs("cache", "stats");
  assert.match(stdout, /^dedup ratio +1\.67$/m);
  assert.match(stdout, /^an\\x1b album +1 +0 B of 1 kB$/m);

  const shown = (await home.json("track", "show", "Tagged Artist/Tagged Album/01 - From Path.flac"))
    .value;
  assert.deepEqual([shown.stored.bytes, shown.stored.chunks, shown.pinned], [0, 0, true]);
  assert.equal(shown.plays.count, 1);

  home.config("nonsense = 1\n");
  const broken = (await home.json("cache", "stats")).value;
  assert.deepEqual([broken.bytes, broken.limit_bytes], [600, null]);
  assert.equal((await home.musicfs("cache", "clear")).code, 0);
  assert.equal((await home.json("cache", "stats")).value.bytes, 0);
});

Deno.test("track unreadable names files and directories with reasons, and no name controls the terminal", async () => {
  await using home = new Home();
  await home.library();
  const { value } = await home.json("track", "unreadable");
  assert.deepEqual(value.files, [
    { file: 1025, origin: "music", path: "bad\n\uef80.mp3", reason: "No MPEG frame" },
  ]);
  assert.deepEqual(value.directories, [
    { origin: "music", path: "locked", reason: "Permission denied" },
  ]);
  const { stdout } = await home.musicfs("track", "unreadable");
  assert.match(stdout, /^music +bad\\n\\x80\.mp3 +No MPEG frame$/m);
  assert.match(stdout, /^music +locked\/ +Permission denied$/m);
});

Deno.test("mount refuses arguments that can't work, before it does anything", async () => {
  await using home = new Home();
  const mnt = join(home.path, "mnt");
  Deno.mkdirSync(mnt);
  const inside = join(home.music, "inside");
  Deno.mkdirSync(inside);
  Deno.symlinkSync(inside, join(home.path, "link"));
  const full = join(home.path, "full");
  Deno.mkdirSync(full);
  Deno.writeTextFileSync(join(full, "file"), "");
  const state = join(home.path, "state");
  Deno.mkdirSync(join(state, "mnt"), { recursive: true });
  const origin = ["--origin", home.music];
  const cases: [string[], RegExp][] = [
    [["mount", mnt], /no origin is configured.*\nhint: give one with --origin/],
    [["mount", join(home.path, "nowhere"), ...origin], /does not exist\nhint: mkdir -p/],
    [["mount", join(full, "file"), ...origin], /it is not a directory/],
    [["mount", full, ...origin], /the directory is not empty/],
    [["mount", inside, ...origin], /it lies inside the origin \S*music /],
    [["mount", join(home.path, "link"), ...origin], /it lies inside the origin \S*music /],
    [["mount", mnt, "--origin", join(mnt, "below")], /it would cover the origin \S*below /],
    [["mount", mnt, "--origin", mnt], /it is the origin \S*mnt /],
    [["mount", join(state, "mnt"), ...origin, "--state-dir", state], /inside the state directory/],
    [["mount", mnt, ...origin, "--cache-dir", join(mnt, "c")], /would cover the cache directory/],
    [["mount", mnt, ...origin, "--socket", join(mnt, "s")], /would cover the control socket/],
    [["mount", inside, "--origin", `nfs:${home.music}`], /it lies inside the origin \S*music /],
    [
      ["mount", join(home.path, "link"), "--origin", `nfs:${inside}`],
      /it is the origin \S*inside /,
    ],
    [["mount", mnt, "--origin", `nfs:${join(mnt, "below")}`], /would cover the origin \S*below /],
    [["mount", mnt, "--origin", "s3://bucket?token=x"], /credentials\nhint: credentials come from/],
    [["mount", mnt, ...origin, "--template", "$nope"], /--template: Cannot use "\$nope"/],
  ];
  for (const [args, expected] of cases) {
    const { code, stdout, stderr } = await home.musicfs(...args);
    assert.equal(code, 2, `${args.join(" ")}: ${stderr}`);
    assert.match(stderr, expected);
    assert.equal(stdout, "");
  }
  const unwritable = await home.musicfs("mount", mnt, ...origin, "--state-dir", "/proc/musicfs");
  assert.equal(unwritable.code, 1);
  assert.match(unwritable.stderr, /Cannot write to the state directory \/proc\/musicfs/);
});

Deno.test("doctor reports what it found, and what to do when something is missing", async () => {
  await using home = new Home();
  const { code, value } = await home.json("doctor");
  // deno-lint-ignore no-explicit-any
  const states = new Map(value.checks.map((check: any) => [check.check, check.state]));
  for (
    const name of ["runtime", "kernel", "device", "mount_rights", "state_directory", "open_files"]
  ) {
    assert(states.has(name), name);
  }
  assert.equal(code, value.can_mount ? 0 : 1);
  for (const check of value.checks) {
    assert.equal(check.advice === null, check.state === "ok", check.check);
  }

  home.config("nonsense = 1\n");
  const broken = await home.musicfs("doctor");
  assert.equal(broken.code, 1);
  assert.match(broken.stdout, /^FAIL {2}Configuration: .*config\.toml:1: Unknown key nonsense/m);
});

Deno.test("doctor asks every origin, and waits for none beyond its deadline", async () => {
  await using home = new Home();
  using silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = silent.addr as Deno.NetAddr;
  home.config(`
[[origins]]
path = "Music"
id = "here"
[[origins]]
path = "Gone"
id = "gone"
[[origins]]
type = "nfs"
path = "Gone too"
id = "share"
[[origins]]
type = "s3"
bucket = "b"
endpoint = "http://127.0.0.1:${port}"
id = "silent"
`.replaceAll('path = "', `path = "${home.path}/`));
  const started = Date.now();
  const { value } = await home.json("doctor");
  assert(Date.now() - started < 20_000);
  // deno-lint-ignore no-explicit-any
  const found = value.checks.filter(({ check }: any) => check === "origin")
    // deno-lint-ignore no-explicit-any
    .map(({ title, state }: any) => [title, state]);
  assert.deepEqual(found, [
    ["Origin here", "ok"],
    ["Origin gone", "warn"],
    ["Origin share", "warn"],
    ["Origin silent", "warn"],
  ]);
});

Deno.test({
  name: "a share that hangs delays neither doctor nor the checks of a mount",
  ignore: !needs("fusermount3"),
  fn: async () => {
    await using home = new Home();
    await using share = await HangingFs.start();
    await share.hang();
    const below = join(share.mountpoint, "music");
    home.config(`[[origins]]\ntype = "nfs"\nid = "share"\npath = ${JSON.stringify(below)}\n`);
    const { code, value } = await home.json("doctor");
    assert.notEqual(code, 124);
    // deno-lint-ignore no-explicit-any
    const origin = value.checks.find(({ check }: any) => check === "origin");
    assert.equal(origin.state, "warn");
    const refused = await home.musicfs("mount", join(below, "mnt"));
    assert.equal(refused.code, 2, refused.stderr);
    assert.match(refused.stderr, /it lies inside the origin share/);
  },
});

Deno.test("config show prints the limits of an origin", async () => {
  await using home = new Home();
  home.config(
    '[[origins]]\ntype = "sftp"\nhost = "nas"\npath = "/music"\nbandwidth = "10 MB"\ndaily_budget = "5 GB"\n',
  );
  const { stdout } = await home.musicfs("config", "show");
  assert.match(
    stdout,
    /^origin nas-music +sftp:\/\/nas\/music {2}\(sftp, priority 1, bandwidth 10 MB\/s, daily_budget 5 GB\)$/m,
  );
  const [origin] = (await home.json("config", "show")).value.settings.origins;
  assert.deepEqual([origin.bandwidth, origin.daily_budget], [10_000_000, 5_000_000_000]);
});

Deno.test("a reader that goes away ends a command quietly", async () => {
  await using home = new Home();
  await home.library();
  const command = `"${Deno.execPath()}" run --quiet -A "${MAIN}" events list --json | head -c 1`;
  const { code, stderr } = await new Deno.Command("bash", {
    args: ["-o", "pipefail", "-c", command],
    clearEnv: true,
    env: home.environment,
  }).output();
  assert.equal(code, 0);
  assert.equal(new TextDecoder().decode(stderr), "");
});

Deno.test("--version prints the same as the command version", async () => {
  await using home = new Home();
  const asked = await home.musicfs("--version");
  assert.equal(asked.code, 0);
  assert.equal(asked.stdout, (await home.musicfs("version")).stdout);
});
