import assert from "node:assert/strict";
import { join } from "node:path";
import { originId } from "../../src/config/origin_spec.ts";
import { Home } from "../support/home.ts";

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
