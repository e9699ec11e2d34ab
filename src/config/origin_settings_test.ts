/** How loadSettings() reads origins, from flags and from the file. */
import assert from "node:assert/strict";
import { load, message, problems } from "../../tests/support/loaded_settings.ts";

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
