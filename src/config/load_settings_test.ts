import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../base/mod.ts";
import { type LoadedSettings, loadSettings, type SettingsFlags } from "./load_settings.ts";
import { ConfigError } from "./problem.ts";
import { DEFAULT_TEMPLATE } from "./settings.ts";

const HOME = "/home/ada";

/** Loads with a file of that text, and with nothing of the environment that the test does not name. */
async function load(
  text: string | undefined,
  options: { flags?: SettingsFlags; environment?: Record<string, string> } = {},
): Promise<LoadedSettings> {
  const directory = Deno.makeTempDirSync({ prefix: "musicfs-config-" });
  try {
    const config = join(directory, "config.toml");
    if (text !== undefined) Deno.writeTextFileSync(config, text);
    return await loadSettings(
      { ...(text === undefined ? {} : { config }), ...options.flags },
      { environment: { HOME, ...options.environment }, workingDirectory: "/work" },
    );
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** Line, key and message of every problem with a file of that text. */
async function problems(
  text: string,
): Promise<[number | null, string | null, string][]> {
  try {
    await load(text);
  } catch (error) {
    assert(error instanceof ConfigError, String(error));
    assert.equal(error.exitCode, 2);
    return error.problems.map(({ line, key, message }) => [line, key, message]);
  }
  return [];
}

async function message(options: Parameters<typeof load>[1]): Promise<string> {
  try {
    await load(undefined, options);
  } catch (error) {
    assert(error instanceof UserError, String(error));
    assert.equal(error.exitCode, 2);
    return error.message;
  }
  assert.fail("expected a UserError");
}

Deno.test("loadSettings() has a default for everything", async () => {
  const { settings, file, sources } = await load(undefined);
  assert.deepEqual(settings, {
    template: DEFAULT_TEMPLATE,
    stateDir: "/home/ada/.local/state/musicfs",
    cacheDir: "/home/ada/.cache/musicfs",
    socket: "/home/ada/.local/state/musicfs/musicfs.sock",
    logLevel: "info",
    origins: [],
    schedule: "0 4 * * *",
    originSchedules: {},
    removalsHold: 0.25,
    cacheSizeBytes: 10_000_000_000,
    metadataSizeBytes: 100_000_000,
  });
  assert.equal(file, null);
  assert.equal(sources["template"], "default");
});

Deno.test("loadSettings() reads the file that CLI.md shows, without its S3 origin", async () => {
  const { settings } = await load(`
template = "$artist/$album/$track - $title.$format"

[cache]
size = "10 GB"          # content; the metadata has its own limit
metadata_size = "200 MB"

[scan]
schedule = "0 5 * * *"  # cron
removals_hold = 0.5

[[origins]]
id = "local"
type = "local"
path = "/mnt/nas/music"
priority = 1
schedule = "*/15 * * * *"

[[origins]]
path = "~/Möre Music!"
schedule = "off"
`);
  assert.equal(settings.template, "$artist/$album/$track - $title.$format");
  assert.equal(settings.metadataSizeBytes, 200_000_000);
  assert.equal(settings.schedule, "0 5 * * *");
  assert.equal(settings.removalsHold, 0.5);
  assert.deepEqual(settings.origins, [
    { id: "local", type: "local", root: "/mnt/nas/music", priority: 1 },
    { id: "home-ada-more-music", type: "local", root: "/home/ada/Möre Music!", priority: 2 },
  ]);
  assert.deepEqual(settings.originSchedules, {
    local: "*/15 * * * *",
    "home-ada-more-music": null,
  });
});

Deno.test("loadSettings() lets a flag beat the environment, and the environment the file", async () => {
  const text = 'template = "file/$title"\n[cache]\nsize = "1 GB"\n[scan]\nremovals_hold = 0.1\n';
  const { settings, sources } = await load(text, {
    flags: { template: "flag/$title", stateDir: "state", logLevel: "debug" },
    environment: {
      MUSICFS_TEMPLATE: "environment/$title",
      MUSICFS_CACHE_SIZE: "2 GB",
      MUSICFS_STATE_DIR: "/elsewhere",
      MUSICFS_CACHE_DIR: "~/cache",
    },
  });
  assert.equal(settings.template, "flag/$title");
  assert.equal(settings.cacheSizeBytes, 2_000_000_000);
  assert.equal(settings.removalsHold, 0.1);
  assert.equal(settings.stateDir, "/work/state");
  assert.equal(settings.cacheDir, "/home/ada/cache");
  assert.equal(settings.logLevel, "debug");
  assert.deepEqual(
    [sources["template"], sources["cache.size"], sources["scan.removals_hold"]],
    ["flag", "environment", "file"],
  );
});

Deno.test("loadSettings() follows the XDG rules and ignores relative directories in them", async () => {
  const { settings } = await load(undefined, {
    environment: {
      XDG_STATE_HOME: "/s",
      XDG_CACHE_HOME: "relative",
      XDG_RUNTIME_DIR: "/run/user/1",
    },
  });
  assert.equal(settings.stateDir, "/s/musicfs");
  assert.equal(settings.cacheDir, "/home/ada/.cache/musicfs");
  assert.equal(settings.socket, "/run/user/1/musicfs.sock");
});

Deno.test("loadSettings() takes origins from flags in place of those in the file", async () => {
  const { settings } = await load('[[origins]]\nid = "file"\npath = "/file"\n', {
    flags: { origins: ["Music", "~/Music/", "/srv/Müsic", "/"] },
  });
  assert.deepEqual(settings.origins, [
    { id: "work-music", type: "local", root: "/work/Music", priority: 1 },
    { id: "home-ada-music", type: "local", root: "/home/ada/Music", priority: 2 },
    { id: "srv-music", type: "local", root: "/srv/Müsic", priority: 3 },
    { id: "origin", type: "local", root: "/", priority: 4 },
  ]);
});

Deno.test("loadSettings() names line, key and what was meant for an unknown key", async () => {
  assert.deepEqual(await problems('\ntempalte = "x"\n'), [
    [2, "tempalte", 'Unknown key tempalte: did you mean "template"?'],
  ]);
  assert.deepEqual(await problems('[cache]\nsize = "1 GB"\n\nmetadata_sizes = 1\n'), [
    [4, "cache.metadata_sizes", 'Unknown key cache.metadata_sizes: did you mean "metadata_size"?'],
  ]);
  assert.deepEqual(
    await problems('[[origins]]\npath = "/a"\n[[origins]]\npath = "/b"\nregion = "x"\n'),
    [
      [
        5,
        "origins[1].region",
        "Unknown key origins[1].region: expected one of id, priority, schedule, type, path",
      ],
    ],
  );
});

Deno.test("loadSettings() names line, key and what was expected for a wrong value", async () => {
  const cases: [string, number, string][] = [
    [
      "template = 5",
      1,
      'Cannot use template = 5: expected a template such as "$artist/$title.$format"',
    ],
    [
      '[cache]\nsize = "lots"',
      2,
      'Cannot use cache.size = "lots": expected a size such as "10 GB" or "512 MiB"',
    ],
    [
      "[cache]\nsize = [1]",
      2,
      'Cannot use cache.size = [1]: expected a size such as "10 GB" or "512 MiB"',
    ],
    ["cache = 3", 1, "Cannot use cache = 3: expected a table"],
    ["origins = 3", 1, "Cannot use origins = 3: expected an array of tables such as [[origins]]"],
    ["origins = [3]", 1, "Cannot use origins[0] = 3: expected a table"],
    [
      '[scan]\nschedule = "61 * * * *"',
      2,
      'Cannot use scan.schedule = "61 * * * *": expected a cron expression of five fields such as "0 4 * * *", or "off"',
    ],
    [
      '[scan]\nschedule = "* * * * * *"',
      2,
      'Cannot use scan.schedule = "* * * * * *": expected a cron expression of five fields such as "0 4 * * *", or "off"',
    ],
    [
      '[scan]\nschedule = "0 0 31 2 *"',
      2,
      'Cannot use scan.schedule = "0 0 31 2 *": expected a cron expression that comes to pass',
    ],
    [
      "[scan]\nremovals_hold = 2",
      2,
      "Cannot use scan.removals_hold = 2: expected a share from 0 to 1 such as 0.25",
    ],
    ['[[origins]]\nid = "a"\n', 1, 'Cannot use origins[0] as it must have "path"'],
    [
      '[[origins]]\npath = "/a"\nid = "No Way"',
      3,
      "Cannot use origins[0].id = \"No Way\": expected lower-case letters, digits, '-' and '_', the first a letter or digit",
    ],
    [
      '[[origins]]\ntype = "locale"\npath = "/a"',
      2,
      'Cannot use origins[0].type = "locale": expected one of "local", "nfs", "s3", "sftp"; did you mean "local"?',
    ],
    ['[[origins]]\ntype = "s3"\n', 1, 'Cannot use origins[0] as it must have "bucket"'],
  ];
  for (const [text, line, expected] of cases) {
    assert.deepEqual(
      (await problems(text)).map(([at, , what]) => [at, what]),
      [[line, expected]],
      text,
    );
  }
});

Deno.test("loadSettings() tells every wrong value at once, in the order of the lines", async () => {
  const found = await problems(
    '[scan]\nremovals_hold = -1\n\n[cache]\nsize = "x"\nmetadata_size = true\n',
  );
  assert.deepEqual(found.map(([line, key]) => [line, key]), [
    [2, "scan.removals_hold"],
    [5, "cache.size"],
    [6, "cache.metadata_size"],
  ]);
});

Deno.test("loadSettings() names the line of a syntax error", async () => {
  const [problem] = await problems('template = "x"\n[cache\nsize = 1\n');
  assert.equal(problem?.[0], 2);
  assert.match(problem?.[2] ?? "", /^Cannot read the configuration as TOML: /);
});

Deno.test("loadSettings() names template errors in the words of the template", async () => {
  const [problem] = await problems('template = "$foo/$title"');
  assert.match(problem?.[2] ?? "", /^Cannot use template = "\$foo\/\$title": .*\$foo/);
});

Deno.test("loadSettings() refuses credentials in the file and in URLs", async () => {
  const inFile = await problems(
    '[[origins]]\ntype = "s3"\nbucket = "b"\nsecret_access_key = "hush"\n',
  );
  assert.equal(inFile[0]?.[0], 4);
  assert.match(inFile[0]?.[2] ?? "", /credentials never stand in this file/);
  assert(!inFile[0]![2].includes("hush"));
  assert.equal((await problems('[[origins]]\npath = "sftp://ada:hush@host/x"\n'))[0]?.[0], 2);
  const flag = await message({ flags: { origins: ["sftp://ada:hush@host/music"] } });
  assert.equal(flag, "Cannot use an origin URL that holds credentials");
});

Deno.test("loadSettings() says that this version can't read remote origins", async () => {
  for (
    const [spec, type] of [["s3://b/p?region=x", "s3"], ["sftp://u@h:22/p", "sftp"], [
      "nfs:/m",
      "nfs",
    ]]
  ) {
    const text = await message({ flags: { origins: [spec!] } });
    assert.match(text, new RegExp(`MusicFS \\d+\\.\\d+\\.\\d+ can't read ${type} origins yet`));
  }
  const found = await problems('[[origins]]\nid = "b"\ntype = "s3"\nbucket = "music"\n');
  assert.equal(found[0]?.[0], 3);
  assert.match(found[0]?.[2] ?? "", /can't read s3 origins yet/);
});

Deno.test("loadSettings() refuses origins that are no place", async () => {
  const origin = (spec: string) => message({ flags: { origins: [spec] } });
  assert.match(await origin(""), /expected a path or a URL/);
  assert.match(await origin("ftp://host/x"), /expected a path, s3:\/\/, sftp:\/\/ or nfs:\/path/);
  assert.match(await origin("s3:///nothing"), /expected s3:\/\/bucket\/prefix/);
  assert.match(await origin("s3://b?colour=red"), /unknown parameter "colour"/);
  assert.match(await origin("nfs:relative"), /expected nfs:\/path/);
  assert.match(
    await message({ flags: { origins: ["a", "./a/"] } }),
    /named twice/,
  );
});

Deno.test("loadSettings() refuses two origins of one id or one place", async () => {
  const found = await problems(
    '[[origins]]\nid = "a"\npath = "/a"\n[[origins]]\nid = "a"\npath = "/b"\n[[origins]]\npath = "/b/."\n',
  );
  assert.deepEqual(found.map(([line, key]) => [line, key]), [[5, "origins[1].id"], [
    8,
    "origins[2].path",
  ]]);
});

Deno.test("loadSettings() names the variable of a wrong value in the environment", async () => {
  const text = await message({ environment: { MUSICFS_CACHE_SIZE: "much" } });
  assert.equal(
    text,
    'MUSICFS_CACHE_SIZE: Cannot use "much": expected a size such as "10 GB" or "512 MiB"',
  );
  assert.match(
    await message({ flags: { logLevel: "warm" } }),
    /^--log-level: Cannot use "warm": expected one of .*; did you mean "warn"\?$/,
  );
});

Deno.test("loadSettings() insists on a file that was asked for by name", async () => {
  const text = await message({ flags: { config: "/nowhere/config.toml" } });
  assert.equal(text, "/nowhere/config.toml: Cannot read the configuration: it does not exist");
});

Deno.test("loadSettings() refuses a socket path that no socket can have", async () => {
  const text = await message({ flags: { socket: `/${"x".repeat(120)}` } });
  assert.match(text, /must have at most 107 bytes: it has 121$/);
});

Deno.test("loadSettings() says what to set when there is no home directory", async () => {
  const text = await message({ environment: { HOME: "" } });
  assert.match(text, /HOME is not set/);
});
