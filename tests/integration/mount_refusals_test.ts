import assert from "node:assert/strict";
import { join } from "node:path";
import { HangingFs } from "../support/hanging_fs.ts";
import { needs } from "../support/needs.ts";
import { Home } from "../support/home.ts";

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
