/**
 * A process that may connect to the control socket may send anything: each request gets an answer, and the daemon
 * lives.
 */
import assert from "node:assert/strict";
import fc from "fast-check";
import { flacFile } from "../../scripts/audio/mod.ts";
import { RPC_FRAME_BYTES_MAX } from "../../src/base/mod.ts";
import { CONTROL_METHODS } from "../../src/control/methods/mod.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { write } from "../support/tree.ts";

/** The names of each method's parameters. */
const PARAMS = CONTROL_METHODS.map((
  { name, params },
): [string, string[]] => [name, Object.keys(params)]);

const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1_000_000);
const ROUNDS = 300;

const deep = (levels: number) => "[".repeat(levels) + "]".repeat(levels);

/** JSON texts: a JavaScript value can't express all that a text can. */
const odd = fc.oneof(
  fc.jsonValue().map((value) => JSON.stringify(value)),
  fc.constantFrom(
    ...["1e999", "-0", "9007199254740993", "1e308", '"\\u0000"', '"\\ud800"', '"../../etc"'],
    ...['{"__proto__":{"a":1}}', '{"constructor":null}', '{"toString":1}', deep(10_000)],
    ...['"' + "x".repeat(100_000) + '"', "[" + "0,".repeat(50_000) + "0]", "null", "true"],
  ),
);

/** The text of a request's parameters: any JSON, or an object with names that the method knows and others. */
function paramsOf(names: readonly string[]): fc.Arbitrary<string> {
  const name = fc.constantFrom(...names, "__proto__", "constructor", "hasOwnProperty", "", "x");
  const object = fc.array(fc.tuple(name, odd), { maxLength: 4 })
    .map((fields) => `{${fields.map(([key, value]) => `"${key}":${value}`).join()}}`);
  return fc.oneof({ weight: 1, arbitrary: odd }, { weight: 3, arbitrary: object });
}

const request = fc.constantFrom(...PARAMS)
  .chain(([method, names]) => fc.tuple(fc.constant(method), paramsOf(names)))
  // `release` gives up the library, and may be called without parameters: such requests are left out.
  .filter(([method, params]) => method !== "release" || !/^(?:\{\}|null)$/.test(params));

/** One connection to the socket, in bytes. */
class Line implements Disposable {
  readonly #connection: Deno.UnixConn;
  readonly #answers: AsyncIterator<string>;

  private constructor(connection: Deno.UnixConn) {
    this.#connection = connection;
    this.#answers = linesOf(connection);
  }

  static async to(path: string): Promise<Line> {
    return new Line(await Deno.connect({ transport: "unix", path }));
  }

  /** Sends a frame and resolves with the answer; undefined when the connection ended instead. */
  async ask(frame: string): Promise<Record<string, unknown> | undefined> {
    const writer = this.#connection.writable.getWriter();
    // A peer that has hung up does not read the rest.
    const sent = writer.write(new TextEncoder().encode(`${frame}\n`)).catch(() => {});
    const { value, done } = await this.#answers.next();
    await sent;
    writer.releaseLock();
    return done ? undefined : JSON.parse(value);
  }

  [Symbol.dispose](): void {
    try {
      this.#connection.close();
    } catch {
      // The other side has closed it.
    }
  }
}

async function* linesOf(connection: Deno.UnixConn): AsyncGenerator<string> {
  let text = "";
  try {
    for await (const part of connection.readable.pipeThrough(new TextDecoderStream())) {
      const lines = (text + part).split("\n");
      text = lines.pop()!;
      yield* lines;
    }
  } catch {
    // A broken connection counts as an end.
  }
}

Deno.test({
  name: `${ROUNDS} requests of any JSON are answered, and the daemon lives`,
  ignore: !needs("/dev/fuse"),
  async fn() {
    console.log(`seed ${SEED}: MUSICFS_TEST_SEED=${SEED} repeats this run`);
    await using it = new Installation();
    it.env = { MUSICFS_WATCH: "off" };
    write(`${it.origin}/song.flac`, flacFile({ title: "Song" }, { seed: 1 }));
    await it.mountAndScan();
    const { pid } = (await it.status()).mounts[0]!;
    using line = await Line.to(it.socket);
    for (
      const [i, [method, params]] of fc.sample(request, { seed: SEED, numRuns: ROUNDS }).entries()
    ) {
      const answer = await line.ask(
        `{"jsonrpc":"2.0","id":${i},"method":"${method}","params":${params}}`,
      );
      const shown = `${method} ${params.slice(0, 200)}: ${JSON.stringify(answer)?.slice(0, 500)}`;
      assert.equal(answer?.id, i, shown);
      assert.ok("result" in answer !== "error" in answer, shown);
      const { code } = (answer.error ?? {}) as { code?: number };
      assert.notEqual(code, -32_603, `a fault: ${shown}`);
    }
    assert.equal((await it.status()).mounts[0]!.pid, pid);
    assert.equal(await it.unmount(), 0, it.log);
    assert.doesNotMatch(it.log, /\n +at .*:\d+:\d+|Uncaught/);
  },
});

Deno.test({
  name: "frames that are no request, and frames of the greatest length, leave the daemon alive",
  ignore: !needs("/dev/fuse"),
  async fn() {
    await using it = new Installation();
    it.env = { MUSICFS_WATCH: "off" };
    await it.mount();
    const { pid } = (await it.status()).mounts[0]!;
    const long = "x".repeat(RPC_FRAME_BYTES_MAX - 100);
    const frames = [
      ...["null", "[]", "{}", "1e999", '"x"', "not json", deep(10_000), '{"__proto__":null}'],
      ...['{"jsonrpc":"2.0","id":{},"method":"status"}', '{"jsonrpc":"2.0","id":1,"method":[]}'],
      // The answers to these would repeat the long text.
      `{"jsonrpc":"2.0","id":1,"method":"${long}"}`,
      `{"jsonrpc":"2.0","id":"${long}","method":"status"}`,
      `{"jsonrpc":"2.0","id":1,"method":"status","params":{"${long.slice(100)}":1}}`,
    ];
    for (const frame of frames) {
      using line = await Line.to(it.socket);
      const answer = await line.ask(frame);
      // A list is a batch: each entry is answered.
      const one = Array.isArray(answer) ? answer[0] : answer;
      assert.ok(one !== undefined && "error" in one, frame.slice(0, 100));
    }
    // A line without an end is not kept in memory.
    using endless = await Line.to(it.socket);
    const answer = await endless.ask("[".repeat(100 * 1024 * 1024));
    assert.ok(answer === undefined || "error" in answer);
    const status = await it.status();
    assert.equal(status.mounts[0]!.pid, pid, it.log);
    assert.equal(await it.unmount(), 0, it.log);
  },
});
