/** `musicfs search` beside a daemon and without one, on a terminal and for programs, and the method `search`. */
import assert from "node:assert/strict";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { flacFile } from "../../scripts/audio/mod.ts";
import { CONTROL_METHODS } from "../../src/control/methods/mod.ts";
import { connectControl, RpcError } from "../../src/control/mod.ts";
import type { SearchResult } from "../../src/control/protocol.ts";
import { UserError } from "../../src/base/mod.ts";
import { Installation, run } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "python3");

/** Runs a command on a terminal of 100 columns, and says all that it wrote there. */
const ON_TERMINAL = `
import fcntl, os, pty, struct, sys, termios
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    os.execvp(sys.argv[1], sys.argv[1:])
text = b""
while True:
    try:
        part = os.read(fd, 1 << 16)
    except OSError:
        break
    if not part:
        break
    text += part
sys.stdout.buffer.write(text)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
`;

const ORION = "Metallica/Master of Puppets (1986) [FLAC]/02 - Orion.flac";
const BATTERY = "Metallica/Master of Puppets (1986) [FLAC]/01 - Battery.flac";

function library(): Installation {
  const it = new Installation();
  it.configure(`[[origins]]\nid = "mine"\npath = "${it.origin}"\n`);
  for (const [i, title] of ["Battery", "Orion"].entries()) {
    const tags = { title, artist: "Metallica", album: "Master of Puppets", track: i + 1 };
    write(`${it.origin}/${i}.flac`, flacFile({ ...tags, year: 1986 }, { seconds: 1, seed: i }));
  }
  return it;
}

Deno.test({
  name: "musicfs search prints paths for programs: those of the mount while there is one",
  ignore: !ready,
  async fn() {
    await using it = library();
    assert.equal((await it.musicfs(["search", "orion"])).code, 4, "no library yet");
    await it.mountAndScan();
    for (const isMounted of [true, false]) {
      if (!isMounted) await it.unmount();
      const at = (path: string) => isMounted ? `${it.mountpoint}/${path}` : path;
      const one = await it.musicfs(["search", "-1", "metallica", "sort:-title"]);
      assert.deepEqual(one, { code: 0, stdout: `${at(ORION)}\n`, stderr: "" });
      const all = await it.musicfs(["search", "metallica", "sort:title"]);
      assert.equal(all.stdout, `${at(BATTERY)}\n${at(ORION)}\n`);
      if (isMounted) assert.ok(Deno.statSync(one.stdout.trimEnd()).isFile);
      const second = ["search", "metallica sort:title", "--limit", "1", "--offset", "1"];
      assert.equal((await it.musicfs(second)).stdout, `${at(ORION)}\n`);
      const document = await it.json<SearchResult>(second);
      const { results: [found, ...others], total } = document;
      assert.deepEqual(others, []);
      assert.deepEqual(
        [found!.path, found!.title, found!.artist, found!.album, total],
        [ORION, "Orion", "Metallica", "Master of Puppets", 2],
      );
      assert.equal(resultProblem(document), null);
    }
  },
});

Deno.test({
  name: "musicfs search says what it did not find, and what it found instead",
  ignore: !ready,
  async fn() {
    await using it = library();
    await it.mountAndScan();
    await it.unmount();
    const none = await it.musicfs(["search", "-1", "zzyzx qqqq"]);
    assert.deepEqual([none.code, none.stdout], [4, ""]);
    assert.match(none.stderr, /no track matches zzyzx qqqq/);
    const { stdout, code } = await it.musicfs(["search", "zzyzx qqqq", "--json"]);
    assert.deepEqual([code, JSON.parse(stdout).results, JSON.parse(stdout).total], [4, [], 0]);
    const mistyped = await it.musicfs(["search", "metalica"]);
    assert.equal(mistyped.code, 0, mistyped.stderr);
    assert.equal(mistyped.stdout.split("\n").length, 3);
    assert.match(mistyped.stderr, /metallica/i);
    assert.equal((await it.musicfs(["-q", "search", "metalica"])).stderr, "");

    const wrong = await it.musicfs(["search", "(orion"]);
    assert.deepEqual([wrong.code, wrong.stdout], [2, ""]);
    assert.match(wrong.stderr, /expected a parenthesis[^]*\n *\(orion\n *\^\n[^]*help query/);
    for (
      const [args, expected, text] of [
        [["--origin", "mine"], 0, /^$/],
        [["--origin", "nowhere"], 4, /Cannot find an origin 'nowhere'/],
        [["--field", "title"], 0, /^$/],
        [["--field", "album"], 4, /no track matches/],
        [["--limit", "0"], 2, /above 0/],
        [["--limit", "10001"], 2, /at most 10000/],
        [["--offset", "-1"], 2, /offset/],
      ] as const
    ) {
      const { code, stderr } = await it.musicfs(["search", "orion", ...args]);
      assert.equal(code, expected, `${args.join(" ")}: ${stderr}`);
      assert.match(stderr, text);
    }
    assert.equal((await it.musicfs(["search"])).code, 2);
  },
});

Deno.test({
  name: "musicfs search on a terminal: a table that fits, with what matches marked",
  ignore: !ready,
  async fn() {
    await using it = library();
    await it.mountAndScan();
    const said = async (args: string[]) => {
      const argv = ["env", "-u", "NO_COLOR", "python3", "-c", ON_TERMINAL, ...it.command(args)];
      const env = { ...it.environment(), TERM: "xterm" };
      const { code, stdout, stderr } = await run(argv, { env });
      assert.equal(code, 0, stdout + stderr);
      return stdout.replaceAll("\r\n", "\n");
    };
    const shown = await said(["search", "orion metal"]);
    const [head, row, path] = shown.split("\n");
    assert.match(head!, /TITLE +ARTIST +ALBUM/);
    // deno-lint-ignore no-control-regex
    assert.match(row!, /\x1b\[1mOrion\x1b\[0m +\x1b\[1mMetal/);
    assert.match(`${row}\n${path}`, /02 - Orion\.flac/);
    // deno-lint-ignore no-control-regex
    for (const line of shown.replace(/\x1b\[\d+m/g, "").split("\n")) {
      assert.ok(line.length <= 100 || line.includes("/"), line);
    }
    assert.equal(await said(["search", "-1", "orion"]), `${it.mountpoint}/${ORION}\n`);
    assert.match(await said(["search", "metallica", "--limit", "1"]), /1 of 2 tracks/);
  },
});

Deno.test({
  name: "the method search answers as described, by the engine, and refuses what it can't serve",
  ignore: !ready,
  async fn() {
    await using it = library();
    await it.mountAndScan();
    const client = await connectControl(it.socket);
    try {
      const result = await client.request("search", { query: "orion" });
      assert.equal(resultProblem(result), null);
      assert.deepEqual(result.results.map(({ path }) => path), [ORION]);
      assert.deepEqual([result.total, result.corrected, result.filling], [1, null, false]);
      assert.deepEqual(result.results[0]!.highlights, [{ field: "title", from: 0, to: 5 }]);
      const page = await client.request("search", {
        ...{ query: "metallica sort:title", limit: 1, offset: 1, origin: "mine" },
        fields: ["artist"],
      });
      assert.deepEqual([page.results[0]?.title, page.total], ["Orion", 2]);
      assert.equal((await client.request("search", { query: "metallica", limit: 0 })).total, 2);
      const refused = (params: { query: string; limit?: number; origin?: string }) =>
        client.request("search", params).then(() => assert.fail("answered"), (error) => error);
      const tooMany = await refused({ query: "orion", limit: 10_001 });
      assert.ok(tooMany instanceof RpcError);
      assert.match(tooMany.message, /'limit' is not a whole number from 0 to 10000/);
      const unreadable = await refused({ query: "(orion" });
      assert.ok(unreadable instanceof UserError);
      assert.deepEqual([unreadable.exitCode, unreadable.place?.at], [2, 6]);
      assert.match(
        (await refused({ query: "orion", origin: "no" })).message,
        /Cannot find an origin/,
      );
    } finally {
      client.close();
    }
  },
});

function resultProblem(result: unknown): string | null {
  return CONTROL_METHODS.find(({ name }) => name === "search")!.result.problem(result);
}

Deno.test({
  name: "a damaged index is an error that says so, and is made anew while the mount serves",
  ignore: !ready,
  async fn() {
    await using it = library();
    await it.mountAndScan();
    const directory = join(it.cacheDir, "projections");
    const serving = () => Deno.readTextFileSync(join(directory, "CURRENT")).trim();
    const before = serving();
    const options = { readOnly: false, defensive: false };
    const db = new DatabaseSync(join(directory, before), options);
    db.exec("UPDATE search_data SET block = randomblob(length(block)) WHERE id > 10");
    db.close();
    const alone = await it.musicfs(["search", "orion"]);
    assert.match(alone.stderr, /index is damaged\nhint: `musicfs events replay` makes it anew/);
    const listed = () => run(["ls", join(it.mountpoint, ".search", "orion")], { seconds: 20 });
    assert.match((await listed()).stderr, /Input\/output error/);
    await until("another library serves", 60_000, () => serving() !== before);
    assert.ok(Deno.statSync(join(it.mountpoint, ORION)).isFile);
    assert.equal((await it.musicfs(["search", "orion"])).stdout, `${it.mountpoint}/${ORION}\n`);
    await until("the directory lists it", 60_000, async () => (await listed()).code === 0);
    assert.equal((await listed()).stdout, "Metallica - Master of Puppets - 02 - Orion.flac\n");
  },
});
