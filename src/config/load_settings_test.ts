import assert from "node:assert/strict";
import { join } from "node:path";
import { UserError } from "../base/mod.ts";
import { type LoadedSettings, loadSettings, type SettingsFlags } from "./load_settings.ts";
import { ConfigError } from "./problem.ts";
import { DEFAULT_TEMPLATE } from "./settings.ts";

const HOME = "/home/ada";
const UNLIMITED = { bandwidth: null, dailyBudget: null };

/** Loads settings with a configuration file of this text. The environment holds only what the test names. */
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

/** Line, key and message of every problem in a file of this text. */
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
    names: "linux",
    foldCase: true,
    showHidden: false,
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
        "Unknown key origins[1].region: expected one of id, priority, schedule, type, path, follow_links",
      ],
    ],
  );
});

Deno.test("loadSettings() reads how buckets and SSH servers are reached", async () => {
  const { settings } = await load(`[[origins]]
type = "s3"
bucket = "music"
endpoint = "https://nas"
path_style = false
ca = "~/nas.pem"

[[origins]]
type = "sftp"
host = "nas"
path = "/music"
ssh_command = "ssh -o 'ProxyJump a b' -s nas sftp"
`);
  const [s3, sftp] = settings.origins;
  assert.deepEqual([s3!.pathStyle, s3!.ca], [false, "/home/ada/nas.pem"]);
  assert.deepEqual(sftp!.sshCommand, ["ssh", "-o", "ProxyJump a b", "-s", "nas", "sftp"]);
  const [[line, key]] = await problems(
    '[[origins]]\ntype = "sftp"\nhost = "nas"\npath = "/"\nssh_command = " "\n',
  ) as [[number, string, string]];
  assert.deepEqual([line, key], [5, "origins[0].ssh_command"]);
});

Deno.test("loadSettings() names every unknown key, and what is wrong besides", async () => {
  const found = await problems(
    'a = 1\nb = 2\n[cache]\nc = 3\nsize = "lots"\nd = 4\n[[origins]]\npath = "/x"\ne = 5\nf = 6\n',
  );
  assert.deepEqual(found.map(([line, key]) => [line, key]), [
    [1, "a"],
    [2, "b"],
    [4, "cache.c"],
    [5, "cache.size"],
    [6, "cache.d"],
    [9, "origins[0].e"],
    [10, "origins[0].f"],
  ]);
});

Deno.test("loadSettings() takes no name that every JavaScript object has for a type or a schedule", async () => {
  for (const type of ["constructor", "toString", "__proto__"]) {
    const [[line, key, said]] = await problems(`[[origins]]\npath = "/a"\ntype = "${type}"\n`) as [
      [number, string, string],
    ];
    assert.deepEqual([line, key], [3, "origins[0].type"]);
    assert.match(said, /expected one of "local"/);
  }
});

Deno.test("loadSettings() repeats no password of an origin, whatever the scheme", async () => {
  const specs = [
    "ftp://ada:hunter2@example.org/x",
    "https://ada:hunter2@example.org/x",
    "sftp://ada:hun/ter2@example.org/x",
    "smb://ada:hunter2@nas/music",
  ];
  for (const spec of specs) {
    const said = await message({ flags: { origins: [spec] } });
    assert.doesNotMatch(said, /hunter2|ter2/, spec);
    assert.match(said, /credentials/);
  }
});

Deno.test("loadSettings() says what is probably meant by a size without a unit, or a path with a variable", async () => {
  assert.deepEqual(await problems("[cache]\nsize = 10\n"), [[
    2,
    "cache.size",
    'Cannot use cache.size = 10: that is 10 B; expected a size such as "10 GB" or "512 MiB"',
  ]]);
  const [[, , said]] = await problems('[[origins]]\npath = "$HOME/Music"\n') as [
    [number, string, string],
  ];
  assert.match(said, /variables are not replaced here; expected a path such as ~\/Music/);
  assert.match(
    await message({ flags: { origins: ["$HOME/Music"] } }),
    /variables are not replaced/,
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
    ...["cp-1251", "utf-16", ""].map((label) =>
      [
        `[tags]\nencoding = "${label}"`,
        2,
        `Cannot use tags.encoding = "${label}": ` +
        'expected an encoding such as "windows-1251", "shift_jis" or "gbk"',
      ] as [string, number, string]
    ),
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
  for (
    const line of [
      'endpoint = "https://hush@host"',
      'host = "ada:hush@nas"',
      'user = "ada:hush"',
      'aws_secret_access_key = "hush"',
    ]
  ) {
    const [problem] = await problems(`[[origins]]\ntype = "s3"\n${line}\n`);
    assert.equal(problem?.[0], 3, line);
    assert.match(problem![2], /credentials never stand in this file/);
    assert(!problem![2].includes("hush"));
  }
  for (
    const url of [
      "sftp://ada:hush@host/music",
      "s3://hush@bucket/music",
      "s3://bucket?secret_access_key=hush",
      "s3://bucket?X-Amz-Signature=hush",
      "s3://bucket?endpoint=https://ada:hush@host",
    ]
  ) {
    const flag = await message({ flags: { origins: [url] } });
    assert.equal(flag, "Cannot use an origin URL that holds credentials");
  }
});

/** Id and root of each origin given by flags. */
async function places(...origins: string[]): Promise<[string, string][]> {
  const { settings } = await load(undefined, { flags: { origins } });
  return settings.origins.map(({ id, root }) => [id, root]);
}

Deno.test("loadSettings() gives a place one canonical root, however it was written", async () => {
  const cases: [string, string, string][] = [
    ["nfs:/mnt//nas/./music/", "mnt-nas-music", "/mnt/nas/music"],
    ["s3://music", "music", "s3://music"],
    ["S3://music/", "music", "s3://music"],
    ["s3://Music.Box//a//b c/", "music-box-a-b-c", "s3://Music.Box/a/b%20c"],
    ["s3://b/50%25/ü", "b-50-u", "s3://b/50%25/%C3%BC"],
    [
      "s3://b?region=eu-1&endpoint=HTTPS://S3.Example.org:443/",
      "b",
      "s3://b?endpoint=https://s3.example.org&region=eu-1",
    ],
    [
      "s3://b/p?endpoint=http://127.0.0.1:9000",
      "b-p",
      "s3://b/p?endpoint=http://127.0.0.1:9000",
    ],
    ["sftp://NAS", "nas", "sftp://nas/"],
    ["sftp://ada@nas:22//srv/../music/", "nas-music", "sftp://ada@nas/music"],
    ["sftp://nas:2222/a%20b", "nas-a-b", "sftp://nas:2222/a b"],
    ["sftp://nas/~/music", "nas-music", "sftp://nas/~/music"],
    ["sftp://nas/~", "nas", "sftp://nas/~"],
    ["sftp://nas/100%25", "nas-100", "sftp://nas/100%25"],
    ["sftp://nas/100%", "nas-100", "sftp://nas/100%25"],
    ["sftp://nas/what?#1", "nas-what-1", "sftp://nas/what?#1"],
    ["sftp://[FE80::1]:23/m", "fe80-1-m", "sftp://[fe80::1]:23/m"],
  ];
  for (const [spec, id, root] of cases) {
    assert.deepEqual(await places(spec), [[id, root]], spec);
    // The canonical root parses to the same place.
    if (!spec.startsWith("nfs:")) assert.deepEqual(await places(root), [[id, root]], root);
  }
});

Deno.test("loadSettings() tells two prefixes of one bucket apart, and two folders of one server", async () => {
  assert.deepEqual(await places("s3://b/one", "s3://b/two", "sftp://h/one", "sftp://h/two"), [
    ["b-one", "s3://b/one"],
    ["b-two", "s3://b/two"],
    ["h-one", "sftp://h/one"],
    ["h-two", "sftp://h/two"],
  ]);
  const same = await places("s3://b", "s3://b?endpoint=http://h:1", "sftp://b", "sftp://ada@b");
  assert.deepEqual(same.map(([id]) => id), ["b", "b-2", "b-3", "b-4"]);
});

Deno.test("loadSettings() reads remote origins of the file, with their limits", async () => {
  const { settings } = await load(`
[[origins]]
type = "nfs"
path = "/mnt/nas"
bandwidth = "10 MB"

[[origins]]
type = "s3"
bucket = "music"
prefix = "/lossless/50%/"
endpoint = "http://127.0.0.1:9000/"
region = "eu-1"
daily_budget = "5 GB"

[[origins]]
type = "sftp"
host = "Nas.local"
port = 2222
user = "ada b"
path = "music"
bandwidth = "off"
daily_budget = 1000
`);
  assert.deepEqual(settings.origins, [
    {
      ...{ id: "mnt-nas", type: "nfs", root: "/mnt/nas", priority: 1 },
      ...{ bandwidth: 10_000_000, dailyBudget: null },
    },
    {
      id: "music-lossless-50",
      type: "s3",
      root: "s3://music/lossless/50%25?endpoint=http://127.0.0.1:9000&region=eu-1",
      ...{ priority: 2, bandwidth: null, dailyBudget: 5_000_000_000 },
    },
    {
      ...{ id: "nas-local-music", type: "sftp", root: "sftp://ada%20b@nas.local:2222/~/music" },
      ...{ priority: 3, bandwidth: null, dailyBudget: 1000 },
    },
  ]);
});

Deno.test("loadSettings() knows limits of remote origins alone, and says what it expected", async () => {
  const ofLocal = await problems('[[origins]]\npath = "/a"\nbandwidth = "1 MB"\n');
  assert.match(ofLocal[0]?.[2] ?? "", /^Unknown key origins\[0\]\.bandwidth/);
  const remote = (line: string) => problems(`[[origins]]\ntype = "nfs"\npath = "/a"\n${line}\n`);
  for (
    const [line, expected] of [
      [
        'bandwidth = "fast"',
        /bandwidth = "fast": expected bytes a second such as "10 MB", or "off"/,
      ],
      ["bandwidth = 0", /bandwidth = 0: expected bytes a second/],
      [
        'daily_budget = "0 GB"',
        /daily_budget = "0 GB": expected bytes a day such as "5 GB", or "off"/,
      ],
      ["daily_budgets = 1", /did you mean "daily_budget"\?/],
    ] as const
  ) {
    const [problem] = await remote(line);
    assert.equal(problem?.[0], 4);
    assert.match(problem![2], expected);
  }
});

Deno.test("loadSettings() refuses origins that name no place", async () => {
  const origin = (spec: string) => message({ flags: { origins: [spec] } });
  assert.match(await origin(""), /expected a path or a URL/);
  assert.match(await origin("ftp://host/x"), /expected a path, s3:\/\/, sftp:\/\/ or nfs:\/path/);
  assert.match(await origin("s3:///nothing"), /expected s3:\/\/bucket\/prefix/);
  assert.match(await origin("s3://b?colour=red"), /unknown parameter "colour"/);
  assert.match(
    await origin("s3://host:9000/b"),
    /with the server as \?endpoint=http:\/\/host:port/,
  );
  assert.match(await origin("s3://b/50%"), /a "%" in it as "%25"/);
  assert.match(await origin("s3://b?endpoint=nas:9000"), /expected an endpoint such as "https:/);
  assert.match(await origin("sftp:///music"), /expected sftp:\/\/user@host:port\/path/);
  assert.match(await origin("sftp://nas:70000/"), /the port from 1 to 65535/);
  assert.match(await origin("nfs:relative"), /expected nfs:\/path/);
  assert.match(
    await message({ flags: { origins: ["a", "./a/"] } }),
    /named twice/,
  );
  for (
    const [one, other] of [
      ["s3://b/a", "s3://b//a/?region=eu-1"],
      ["s3://b?endpoint=http://h:80", "s3://b/?endpoint=http://H/"],
      ["sftp://ada@nas/m", "sftp://ada@NAS:22/x/../m/"],
      ["nfs:/m", "/m/"],
    ]
  ) {
    assert.match(await message({ flags: { origins: [one!, other!] } }), /named twice/, other);
  }
});

Deno.test("loadSettings() refuses two origins of one id or one place", async () => {
  const found = await problems(
    '[[origins]]\nid = "a"\npath = "/a"\n[[origins]]\nid = "a"\npath = "/b"\n[[origins]]\npath = "/b/."\n',
  );
  assert.deepEqual(found.map(([line, key]) => [line, key]), [[5, "origins[1].id"], [
    8,
    "origins[2].path",
  ]]);
  const buckets = await problems(
    '[[origins]]\ntype = "s3"\nbucket = "b"\n[[origins]]\ntype = "s3"\nbucket = "b"\nregion = "x"\n',
  );
  assert.deepEqual(buckets.map(([line, key]) => [line, key]), [[6, "origins[1].bucket"]]);
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
