/**
 * The command line as a script meets it: a process, its exit code, and its output on stdout and stderr. Nothing is
 * mounted here. The test writes the log, and the program makes the library from it.
 */
import assert from "node:assert/strict";
import { Home, MAIN } from "../support/home.ts";

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
    [
      "cache",
      "stats",
      "clear",
      "verify",
      "pin <path|query>",
      "unpin <path|query>",
      "warm <path|query>",
    ],
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
    [["cache", "pin"], /Missing required argument 'path\|query'/],
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
    ...["origin list", "track show x", "track unreadable", "search x"],
    ...["cache stats", "cache clear", "cache verify"],
  ];
  for (const command of commands) {
    assert.equal((await home.musicfs(...command.split(" "))).code, 4, command);
  }
  assert.equal((await home.musicfs("unmount", home.music)).code, 4);
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
