import assert from "node:assert/strict";
import { DEFAULT_TEMPLATE } from "./settings.ts";
import { load, message, problems, UNLIMITED } from "../../tests/support/loaded_settings.ts";

Deno.test("loadSettings() has a default for everything", async () => {
  const { settings, file, sources } = await load(undefined);
  assert.deepEqual(settings, {
    template: DEFAULT_TEMPLATE,
    names: "linux",
    foldCase: true,
    showHidden: false,
    coverSources: ["files", "embedded"],
    coverSizes: [600, 300, 150],
    listCoverSizes: false,
    searchEnabled: true,
    smartCollections: true,
    views: [],
    stateDir: "/home/ada/.local/state/musicfs",
    cacheDir: "/home/ada/.cache/musicfs",
    socket: "/home/ada/.local/state/musicfs/musicfs.sock",
    logLevel: "info",
    origins: [],
    schedule: "0 4 * * *",
    originSchedules: {},
    removalsHold: 0.25,
    exclude: [],
    tagEncoding: "windows-1252",
    cacheSizeBytes: 10_000_000_000,
    metadataSizeBytes: 100_000_000,
    mount: { owner: null, group: null, fileMode: null, dirMode: null },
  });
  assert.equal(file, null);
  assert.equal(sources["template"], "default");
});

Deno.test("loadSettings() reads the file that CLI.md shows", async () => {
  const { settings } = await load(`
template = "$artist/$album/$track - $title.$format"

[cache]
size = "10 GB"          # content; the metadata has its own limit
metadata_size = "200 MB"

[scan]
schedule = "0 5 * * *"  # cron
removals_hold = 0.5

[tags]
encoding = "CP1251"

[[origins]]
id = "local"
type = "local"
path = "/mnt/nas/music"
priority = 1
schedule = "*/15 * * * *"

[[origins]]
id = "backup"
type = "s3"
bucket = "music-backup"
priority = 2

[[origins]]
path = "~/Möre Music!"
schedule = "off"
`);
  assert.equal(settings.template, "$artist/$album/$track - $title.$format");
  assert.equal(settings.metadataSizeBytes, 200_000_000);
  assert.equal(settings.schedule, "0 5 * * *");
  assert.equal(settings.removalsHold, 0.5);
  assert.equal(settings.tagEncoding, "windows-1251");
  assert.deepEqual(settings.origins, [
    { id: "local", type: "local", root: "/mnt/nas/music", priority: 1, ...UNLIMITED },
    { id: "backup", type: "s3", root: "s3://music-backup", priority: 2, ...UNLIMITED },
    {
      ...{ id: "home-ada-more-music", type: "local", root: "/home/ada/Möre Music!", priority: 3 },
      ...UNLIMITED,
    },
  ]);
  assert.deepEqual(settings.originSchedules, {
    local: "*/15 * * * *",
    "home-ada-more-music": null,
  });
});

Deno.test("loadSettings() reads views, each with a query or for all tracks", async () => {
  const { settings, sources } = await load(`[[views]]
name = "Classical"
match = "genre:classical"
template = "$composer/$work/$track - $title.$format"

[[views]]
name = "All of it"
template = "$title.$format"
`);
  assert.deepEqual(settings.views, [
    {
      ...{ name: "Classical", match: "genre:classical" },
      template: "$composer/$work/$track - $title.$format",
    },
    { name: "All of it", match: "", template: "$title.$format" },
  ]);
  assert.equal(sources["views"], "file");
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
    { id: "work-music", type: "local", root: "/work/Music", priority: 1, ...UNLIMITED },
    { id: "home-ada-music", type: "local", root: "/home/ada/Music", priority: 2, ...UNLIMITED },
    { id: "srv-music", type: "local", root: "/srv/Müsic", priority: 3, ...UNLIMITED },
    { id: "origin", type: "local", root: "/", priority: 4, ...UNLIMITED },
  ]);
});

Deno.test("loadSettings() refuses a named file that does not exist", async () => {
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

Deno.test("loadSettings() reads the rules for names and exclusions", async () => {
  const text = '[tree]\nnames = "windows"\nfold_case = false\n[scan]\nexclude = ["*.part"]\n';
  const { settings: inFile } = await load(text);
  assert.deepEqual([inFile.names, inFile.foldCase, inFile.exclude], ["windows", false, ["*.part"]]);
  const { settings } = await load(text, {
    environment: {
      MUSICFS_TREE_NAMES: "linux",
      MUSICFS_TREE_FOLD_CASE: "true",
      MUSICFS_SCAN_EXCLUDE: "*.tmp, /Incoming",
    },
  });
  assert.deepEqual([settings.names, settings.foldCase, settings.exclude], [
    "linux",
    true,
    ["*.tmp", "/Incoming"],
  ]);
  for (
    const [wrong, message] of [
      ['[tree]\nnames = "dos"', /expected "linux" or "windows"/],
      ["[tree]\nfold_case = 1", /expected true or false/],
      ['[scan]\nexclude = [""]', /expected names or paths/],
      ['[scan]\nexclude = ["*.part", "*"]', /"\*" leaves out all music/],
      ['[scan]\nexclude = ["**"]', /leaves out all music/],
      ["[tree]\nname = 1", /did you mean/],
    ] as const
  ) assert.match((await problems(wrong)).map(([, , what]) => what).join(), message);
});

Deno.test("loadSettings() takes permissions in octal digits, and accounts by name or number", async () => {
  const mount = async (text: string) => (await load(`[mount]\n${text}\n`)).settings.mount;
  assert.deepEqual(
    await mount('owner = "ada"\ngroup = 1000\nfile_mode = "0440"\ndir_mode = "750"'),
    { owner: "ada", group: "1000", fileMode: 0o440, dirMode: 0o750 },
  );
  for (
    const wrong of [
      ...['file_mode = "rw"', "file_mode = 440", 'owner = "a:b"', 'dir_mode = "888"'],
      ...['file_mode = "000"', 'file_mode = "0222"', 'dir_mode = "000"', 'dir_mode = "0444"'],
      'dir_mode = "0421"',
    ]
  ) {
    await assert.rejects(mount(wrong), /expected/);
  }
});
