import assert from "node:assert/strict";
import { LOG_START, toSeq, UserError } from "../../src/base/mod.ts";
import { LogCorrupt, openEventLog, rewriteEventLog } from "../../events/mod.ts";
import { observed, template } from "../contract/event_log_suite.ts";

const APPENDER = new URL("../support/append_events.ts", import.meta.url).pathname;
const ROOT = Deno.uid() === 0;
/** The rounds of the SIGKILL test, and the seed of its moments. */
const KILLS = 20;
const SEED = 20260724;

Deno.test("LMDB event log: a second process is refused, and told who appends", async () => {
  using place = temporaryDirectory();
  const log = openEventLog(place.path);
  const { code, stderr } = await appender(place.path, 1).output();
  assert.equal(code, 1);
  const text = new TextDecoder().decode(stderr);
  assert.match(text, new RegExp(`process ${Deno.pid} already does`));
  await log.close();
  assert.equal((await appender(place.path, 1).output()).code, 0);
});

Deno.test("LMDB event log: a second writer in the same process is refused, a reader is not", async () => {
  using place = temporaryDirectory();
  const log = openEventLog(place.path);
  await log.append([template("a")]);
  assert.throws(() => openEventLog(place.path), UserError);
  const reader = openEventLog(place.path, { readOnly: true });
  assert.equal(reader.lastSeq(), 1);
  await assert.rejects(reader.append([template("b")]), TypeError);
  await reader.close();
  assert.equal((await log.append([template("c")]))[0]!.seq, 2);
  await log.close();
});

Deno.test("LMDB event log: keeps its directory to its owner", async () => {
  using place = temporaryDirectory();
  const directory = `${place.path}/state`;
  await openEventLog(directory).close();
  assert.equal(Deno.statSync(directory).mode! & 0o777, 0o700);
  for (const { name } of Deno.readDirSync(directory)) {
    assert.equal(Deno.statSync(`${directory}/${name}`).mode! & 0o777, 0o600, name);
  }
});

Deno.test("LMDB event log: a tail sees what another process appends", async () => {
  using place = temporaryDirectory();
  await openEventLog(place.path).close();
  const reader = openEventLog(place.path, { readOnly: true });
  const seen: number[] = [];
  const appending = appender(place.path, 400).output();
  const last = Array.from({ length: 400 }, (_, i) => 1 + i % 3).reduce((sum, size) => sum + size);
  for await (const event of reader.tail({ from: LOG_START, signal: AbortSignal.timeout(20_000) })) {
    seen.push(event.seq);
    if (seen.length >= last) break;
  }
  assert.deepEqual(seen, seen.map((_, i) => toSeq(i + 1)));
  assert.equal(seen.length, last);
  const { code } = await appending;
  assert.equal(code, 0);
  assert.equal(reader.lastSeq(), last);
  await reader.close();
});

Deno.test("LMDB event log: does not grow because of a reader that stands still", async () => {
  const appended = 600;
  const sizeAfter = async (path: string) => {
    const log = openEventLog(path);
    for (let i = 0; i < appended; i++) await log.append([template(`$title ${i}`)]);
    await log.close();
    return Deno.statSync(`${path}/events.mdb`).size;
  };
  const begin = async (path: string) => {
    const log = openEventLog(path);
    for (let i = 0; i < 10; i++) await log.append([template(`$title ${i}`)]);
    await log.close();
  };
  using alone = temporaryDirectory();
  await begin(alone.path);
  const usual = await sizeAfter(alone.path);

  using place = temporaryDirectory();
  await begin(place.path);
  const script = new URL("../support/stand_still_reading.ts", import.meta.url).pathname;
  const reader = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "-A", script, place.path],
    stdin: "piped",
    stdout: "piped",
  }).spawn();
  const output = reader.stdout.pipeThrough(new TextDecoderStream()).getReader();
  assert.equal((await output.read()).value, "standing\n");
  const size = await sizeAfter(place.path);
  const input = reader.stdin.getWriter();
  await input.write(new Uint8Array(1));
  // A read ends where the log ended when the read began.
  assert.equal((await output.read()).value, "10\n");
  await input.close();
  await output.cancel();
  assert((await reader.status).success);
  assert(size <= usual * 1.5, `${size} bytes with a reader, ${usual} without`);
});

Deno.test("LMDB event log: a tail continues in the rewritten log that takes the log's place", async () => {
  using place = temporaryDirectory();
  const log = openEventLog(place.path);
  await log.append(Array.from({ length: 300 }, (_, i) => template(`${i + 1}`)));
  await log.close();
  const reader = openEventLog(place.path, { readOnly: true });
  const abort = new AbortController();
  const seen: number[] = [];
  const tailing = (async () => {
    for await (const { seq } of reader.tail({ from: toSeq(299), signal: abort.signal })) {
      seen.push(seq);
      if (seq === 302) abort.abort();
    }
  })();
  const touched = new Set(Array.from({ length: 299 }, (_, i) => toSeq(i + 1)));
  await rewriteEventLog(place.path, {
    touched,
    change: (event) => event.seq % 2 === 0 ? template("$title") : undefined,
    check: (rewritten) => {
      assert.equal(rewritten.id, reader.id);
      assert.equal([...rewritten.read()].length, 150);
      return Promise.resolve();
    },
  });
  const again = openEventLog(place.path);
  assert.equal(again.id, reader.id);
  await again.append([template("301"), template("302")]);
  await tailing;
  assert.deepEqual(seen, [299, 300, 301, 302]);
  assert.equal(reader.lastSeq(), 302);
  assert.equal([...reader.read()].length, 152);
  assert.deepEqual([...reader.read({ to: toSeq(4) })].map(({ seq }) => seq), [2, 4]);
  assert.throws(() => openEventLog(place.path), UserError, "the lock is held as before");
  await reader.close();
  await again.close();
});

Deno.test("LMDB event log: a log whose rewriting fails stays as it was", async () => {
  using place = temporaryDirectory();
  const log = openEventLog(place.path);
  await log.append([template("1"), template("2"), template("3")]);
  await log.close();
  const before = Deno.readFileSync(`${place.path}/events.mdb`);
  const rewriting = {
    touched: new Set([toSeq(1)]),
    change: () => undefined,
    check: () => Promise.reject(new Error("it says something else")),
  };
  await assert.rejects(rewriteEventLog(place.path, rewriting), /something else/);
  const held = openEventLog(place.path);
  await assert.rejects(rewriteEventLog(place.path, rewriting), UserError);
  await held.close();
  assert.deepEqual(Deno.readFileSync(`${place.path}/events.mdb`), before);
  assert.equal(exists(`${place.path}/rewritten`), false);
});

Deno.test("LMDB event log: acknowledged events survive SIGKILL", async () => {
  using place = temporaryDirectory();
  const random = mulberry32(SEED);
  let acknowledged = 0;
  for (let round = 0; round < KILLS; round++) {
    const child = appender(place.path).spawn();
    const wanted = 1 + Math.floor(random() * 40);
    const decoder = new TextDecoder();
    let text = "";
    let killed = false;
    for await (const chunk of child.stdout) {
      text += decoder.decode(chunk);
      if (killed || text.split("\n").length <= wanted) continue;
      child.kill("SIGKILL");
      killed = true;
    }
    const problem = await new Response(child.stderr).text();
    const { signal } = await child.status;
    assert.equal(signal, "SIGKILL", `round ${round} of seed ${SEED}: ${problem}`);
    acknowledged = Math.max(acknowledged, ...text.split("\n").slice(0, -1).map(Number));

    const log = openEventLog(place.path);
    const seqs = [...log.read()].map((event) => event.seq);
    assert.deepEqual(seqs, seqs.map((_, i) => i + 1), `round ${round} of seed ${SEED}: a gap`);
    assert(
      seqs.length >= acknowledged,
      `round ${round} of seed ${SEED}: lost an acknowledged event`,
    );
    await log.close();
  }
});

Deno.test("LMDB event log: opens after SIGKILL at any moment of its creation", async () => {
  const random = mulberry32(SEED);
  for (let round = 0; round < KILLS / 2; round++) {
    using place = temporaryDirectory();
    const directory = `${place.path}/state`;
    const child = appender(directory).spawn();
    const ended = Promise.all([child.stdout.cancel(), child.stderr.cancel(), child.status]);
    while (!exists(directory)) await delay(1);
    await delay(random() * 12);
    child.kill("SIGKILL");
    await ended;
    await readAll(directory, false);
  }
});

Deno.test("LMDB event log: a damaged file is named, and is not touched", async (t) => {
  const damages: Record<string, (bytes: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>> = {
    "garbage": (bytes) => bytes.fill(0x55),
    "cut short": (bytes) => bytes.slice(0, bytes.length / 2),
    "cut to one page": (bytes) => bytes.slice(0, 4096),
    "cut to a few bytes": (bytes) => bytes.slice(0, 100),
    "a flipped bit": (bytes) => {
      bytes[bytes.lastIndexOf(0x78)]! ^= 1;
      return bytes;
    },
  };
  for (const [name, damage] of Object.entries(damages)) {
    await t.step(name, async () => {
      using place = temporaryDirectory();
      const log = openEventLog(place.path);
      await log.append(Array.from({ length: 500 }, () => template("x".repeat(200))));
      await log.close();
      const file = `${place.path}/events.mdb`;
      const damaged = damage(Deno.readFileSync(file));
      Deno.writeFileSync(file, damaged);
      for (const readOnly of [true, false]) {
        await assert.rejects(readAll(place.path, readOnly), LogCorrupt);
      }
    });
  }
});

Deno.test("LMDB event log: a file whose creation was cut off is created anew", async () => {
  using place = temporaryDirectory();
  for (const size of [0, 4096, 65536]) {
    Deno.writeFileSync(`${place.path}/events.mdb`, new Uint8Array(size));
    const log = openEventLog(place.path);
    assert.equal(log.lastSeq(), 0);
    await log.close();
    Deno.removeSync(`${place.path}/events.mdb`);
  }
});

Deno.test("LMDB event log: reading a log that does not exist says so", () => {
  using place = temporaryDirectory();
  assert.throws(() => openEventLog(place.path, { readOnly: true }), {
    name: "UserError",
    exitCode: 4,
    message: /holds none/,
  });
});

Deno.test({
  name: "LMDB event log: a full disk fails an append, and the log goes on (needs root for tmpfs)",
  ignore: !ROOT,
  fn: async () => {
    using place = smallDisk("1m");
    const log = openEventLog(`${place.path}/state`);
    let stored = 0;
    const failure = await (async () => {
      for (;;) stored = (await log.append([observed(100), template("x")])).at(-1)!.seq;
    })().catch((error: unknown) => error);
    assert(failure instanceof UserError, String(failure));
    assert.match(failure.message, /disk is full/);
    assert.match(failure.hint ?? "", /Free some space/);
    assert.equal(log.lastSeq(), stored);
    assert.deepEqual([...log.read()].length, stored);

    run("mount", "-o", "remount,size=8m", place.path);
    const [first] = await log.append([observed(100)]);
    assert.equal(first!.seq, stored + 1);
    await log.close();
    const again = openEventLog(`${place.path}/state`);
    assert.equal([...again.read()].length, stored + 1);
    await again.close();
  },
});

Deno.test({
  name: "LMDB event log: a disk too full to begin a log is an error (needs root for tmpfs)",
  ignore: !ROOT,
  fn: () => {
    using place = smallDisk("16k");
    assert.throws(() => openEventLog(`${place.path}/state`), {
      name: "UserError",
      message: /disk is full/,
    });
  },
});

Deno.test({
  name: "LMDB event log: a read-only disk can be read, not appended to (needs root for tmpfs)",
  ignore: !ROOT,
  fn: async () => {
    using place = smallDisk("4m");
    const log = openEventLog(place.path);
    await log.append([template("a")]);
    await log.close();
    run("mount", "-o", "remount,ro", place.path);
    assert.throws(() => openEventLog(place.path), {
      name: "UserError",
      message: /file system is read-only/,
    });
    const reader = openEventLog(place.path, { readOnly: true });
    assert.equal([...reader.read()].length, 1);
    await reader.close();
  },
});

async function readAll(directory: string, readOnly: boolean): Promise<void> {
  const log = openEventLog(directory, { readOnly });
  try {
    for (const _ of log.read());
  } finally {
    await log.close();
  }
}

function exists(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function appender(directory: string, count?: number): Deno.Command {
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--quiet",
      "-A",
      APPENDER,
      directory,
      ...(count === undefined ? [] : [`${count}`]),
    ],
    stdout: "piped",
    stderr: "piped",
  });
}

function temporaryDirectory(): Disposable & { readonly path: string } {
  const path = Deno.makeTempDirSync({ prefix: "musicfs-log-" });
  return { path, [Symbol.dispose]: () => Deno.removeSync(path, { recursive: true }) };
}

function smallDisk(size: string): Disposable & { readonly path: string } {
  const path = Deno.makeTempDirSync({ prefix: "musicfs-disk-" });
  run("mount", "-t", "tmpfs", "-o", `size=${size},mode=700`, "musicfs-test", path);
  return {
    path,
    [Symbol.dispose]: () => {
      run("umount", "--lazy", path);
      Deno.removeSync(path);
    },
  };
}

function run(command: string, ...args: string[]): void {
  const { code, stderr } = new Deno.Command(command, { args }).outputSync();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
}

/** A small seeded generator (Tommy Ettinger's mulberry32), so that a failure can be repeated. */
function mulberry32(seed: number): () => number {
  return () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
