/** What loadSettings() says of values and keys that it can't use. */
import assert from "node:assert/strict";
import { message, problems } from "../../tests/support/loaded_settings.ts";

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

Deno.test("loadSettings() points at what is wrong with a view", async () => {
  const view = (lines: string) => problems(`[[views]]\ntemplate = "$title"\n${lines}\n`);
  const [[line, key, said]] = await view('name = "Jazz"\nmatch = "jazz played:never"') as [
    [number, string, string],
  ];
  assert.deepEqual([line, key], [4, "views[0].match"]);
  assert.match(said, /^Cannot use views\[0\]\.match = "jazz played:never": expected a condition/);
  assert.match(said, /a collection can have it\) at character 6, found 'p'$/);
  for (const match of ["sort:year", "limit:3", "(jazz", "added:<30d", "modified:2026", "year:x"]) {
    const [first] = await view(`name = "A"\nmatch = "${match}"`);
    assert.equal(first?.[1], "views[0].match", match);
  }
  for (const name of ["", ".hidden", "..", "a/b", " a", "a ", "a:b", "con", "x".repeat(256)]) {
    const [[line, key, said]] = await view(`name = "${name}"`) as [[number, string, string]];
    assert.deepEqual([line, key], [3, "views[0].name"], name);
    assert.match(said, /expected a name of a directory such as "Classical"/);
  }
  assert.deepEqual(await view(""), [
    [1, "views[0].name", 'Cannot use views[0] as it must have "name"'],
  ]);
  assert.deepEqual(
    await problems('[[views]]\nname = "A"\ntemplate = "$x"\n'),
    [[
      3,
      "views[0].template",
      'Cannot use views[0].template = "$x": there is no variable "$x" (position 1)',
    ]],
  );
  const two = ["Rock", "rock"].map((name) => `[[views]]\nname = "${name}"\ntemplate = "$title"\n`);
  assert.deepEqual(await problems(two.join("")), [
    [5, "views[1].name", 'Cannot use "rock" as a view: another view has that name'],
  ]);
  const [[, , typo]] = await view('name = "A"\nmach = "x"') as [[number, string, string]];
  assert.equal(typo, 'Unknown key views[0].mach: did you mean "match"?');
  const [[, , table]] = await problems("views = 1\n") as [[number, string, string]];
  assert.match(table, /expected an array of tables such as \[\[views\]\]/);
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
