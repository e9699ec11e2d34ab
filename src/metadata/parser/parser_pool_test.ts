import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { flacFile, mp3File } from "../../../scripts/audio/mod.ts";
import { selfCommand } from "../../base/mod.ts";
import { until } from "../../../tests/support/until.ts";
import type { ListedFile } from "../readers/file_reader.ts";
import { ParserPool, type ParserPoolOptions } from "./parser_pool.ts";
import type { FileReading } from "../readers/read_file.ts";

/** Far less than what files get, and far more than the others here take. */
const CPU_MS = [300, 600, 1_500] as const;

function program(path: string): () => [string, string[]] {
  const file = fileURLToPath(new URL(path, import.meta.url));
  return () => [Deno.execPath(), ["run", "--quiet", "-A", file]];
}

const STUBBORN = {
  command: program("../../../tests/support/stubborn_parser.ts"),
  cpuMs: CPU_MS,
} satisfies ParserPoolOptions;

function listed(...paths: string[]): ListedFile[] {
  return paths.map((path) => ({ path, size: 1, mtime_s: 2, mtime_ns: 3 }));
}

function titles(readings: readonly FileReading[]): (string | undefined)[] {
  return readings.map((reading) =>
    reading.vanished ? "vanished" : reading.unreadable ?? reading.tags?.title
  );
}

async function withPool(
  options: ParserPoolOptions,
  run: (pool: ParserPool) => Promise<void>,
): Promise<void> {
  const pool = new ParserPool(options);
  try {
    await run(pool);
  } finally {
    await pool.close();
  }
}

Deno.test("the pool reads files in the order they were asked for", async () => {
  const root = await Deno.makeTempDir();
  await Deno.writeFile(`${root}/a.flac`, flacFile({ title: "A" }));
  await Deno.writeFile(`${root}/b.mp3`, mp3File({ title: "B" }));
  await Deno.writeFile(`${root}/c.mp3`, new Uint8Array());
  await Deno.mkdir(`${root}/directory.flac`);
  await withPool({ size: 2 }, async (pool) => {
    const [first, second, none] = await Promise.all([
      pool.read(root, listed("b.mp3", "gone.flac", "a.flac", "directory.flac")),
      pool.read(root, listed("c.mp3")),
      pool.read(root, []),
    ]);
    assert.deepEqual(titles(first), ["B", "vanished", "A", "vanished"]);
    assert.deepEqual(titles(second), ["Empty file"]);
    assert.deepEqual(none, []);
    const { size, mtime } = await Deno.stat(`${root}/b.mp3`);
    const reading = first[0]!;
    assert.ok(!reading.vanished);
    assert.equal(reading.size, size);
    assert.equal(reading.mtime_s, Math.floor(mtime!.getTime() / 1000));
  });
  await Deno.remove(root, { recursive: true });
});

Deno.test("a parser that is stuck is killed, and everything else is read", async () => {
  await withPool({ ...STUBBORN, size: 2 }, async (pool) => {
    const [first, second] = await Promise.all([
      pool.read("/", listed("1", "stuck", "2")),
      pool.read("/", listed("3", "4", "stuck too")),
    ]);
    const stuck = "Parsing it takes more than 600 ms of a processor";
    assert.deepEqual(titles(first), ["1", stuck, "2"]);
    assert.deepEqual(titles(second), ["3", "4", stuck]);
    assert.deepEqual(first[1], {
      ...{ size: 1, mtime_s: 2, mtime_ns: 3 },
      unreadable: stuck,
      unreadable_kind: "timeout",
    });
  });
});

Deno.test("a file that is slow among others gets more time alone", async () => {
  const patient = [300, 30_000, 30_000] as const;
  await withPool({ ...STUBBORN, size: 1, cpuMs: patient }, async (pool) => {
    assert.deepEqual(titles(await pool.read("/", listed("1", "slow", "2"))), ["1", "slow", "2"]);
  });
});

Deno.test("a file on which an earlier scan's parser was stopped gets more still", async () => {
  const patient = [100, 200, 30_000] as const;
  await withPool({ ...STUBBORN, size: 1, cpuMs: patient }, async (pool) => {
    const [slow, other] = listed("slow", "1");
    assert.match(titles(await pool.read("/", [slow!, other!]))[0]!, /more than 200 ms/);
    const again = await pool.read("/", [{ ...slow!, wasStopped: true }, other!]);
    assert.deepEqual(titles(again), ["slow", "1"]);
  });
});

Deno.test("a parser that fills the memory dies, and takes one file along", async () => {
  await withPool({ ...STUBBORN, size: 1, cpuMs: [30_000, 30_000, 30_000] }, async (pool) => {
    const readings = await pool.read("/", listed("1", "greedy", "2", "3"));
    const said = titles(readings);
    assert.deepEqual([said[0], ...said.slice(2)], ["1", "2", "3"]);
    assert.match(said[1]!, /Its parser failed: .*(memory|allocation)/i);
  });
});

Deno.test("a parser that dies takes one file along", async () => {
  await withPool({ ...STUBBORN, size: 1 }, async (pool) => {
    const readings = await pool.read("/", listed("1", "crash", "2", "3"));
    const said = titles(readings);
    assert.deepEqual([said[0], ...said.slice(2)], ["1", "2", "3"]);
    assert.match(said[1]!, /Its parser failed: it ended with code 3/);
  });
});

Deno.test("who suffers from the files before it is not blamed", async () => {
  await withPool({ ...STUBBORN, size: 1 }, async (pool) => {
    const readings = await pool.read("/", listed("1", "first", "2"));
    assert.deepEqual(titles(readings), ["1", "first", "2"]);
  });
});

Deno.test("a parser that can't be started rejects instead of blaming files", async () => {
  const commands = [program("./no_such_parser.ts"), (): [string, string[]] => ["/nowhere", []]];
  for (const command of commands) {
    await withPool({ command, size: 1 }, async (pool) => {
      await assert.rejects(pool.read("/", listed("1", "2")), /Cannot start a parser: .*no/i);
    });
  }
});

Deno.test("a closed pool rejects what it has not read", async () => {
  const pool = new ParserPool({ ...STUBBORN, size: 1 });
  const reading = pool.read("/", listed("stuck"));
  const rejected = assert.rejects(reading, /was closed/);
  await pool.close();
  await rejected;
  await assert.rejects(pool.read("/", listed("1")), /is closed/);
});

Deno.test("a parser that is stuck dies with the engine that it parses for", async () => {
  const script = fileURLToPath(
    new URL("../../../tests/support/pool_with_stuck_parser.ts", import.meta.url),
  );
  const engine = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", script],
    stdout: "piped",
  }).spawn();
  const { value } = await engine.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  const parser = Number(value);
  assert.ok(parser > 0, `it printed ${value}`);
  engine.kill("SIGKILL");
  await engine.status;
  await until("the end of the parser", 10_000, () => !isAlive(parser));
});

/** Whether a process is there and no corpse. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s*Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test("a parser that nobody waits for any more is left behind, and another does what is next", async () => {
  const root = await Deno.makeTempDir();
  await Deno.writeFile(`${root}/a.flac`, flacFile({ title: "A" }));
  let started = 0;
  // The first one never answers, as if it waited for a disk.
  const command = (): [string, string[]] =>
    started++ === 0 ? ["sleep", ["1000"]] : selfCommand(["__parser"]);
  await withPool({ size: 1, command }, async (pool) => {
    const over = new AbortController();
    const stuck = pool.read("/nowhere", listed("x.flac"), false, over.signal);
    const next = pool.read(root, listed("a.flac"));
    over.abort(new Error("Its scan is over"));
    await assert.rejects(stuck, /Its scan is over/);
    assert.deepEqual(titles(await next), ["A"]);
    assert.equal(started, 2);
    await assert.rejects(pool.read(root, listed("a.flac"), false, over.signal), /Its scan is over/);
  });
  await Deno.remove(root, { recursive: true });
});
