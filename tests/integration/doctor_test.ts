import assert from "node:assert/strict";
import { Home } from "../support/home.ts";

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
