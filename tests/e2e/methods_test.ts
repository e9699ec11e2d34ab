/**
 * The methods of the control socket, called on a real daemon as any program would: JSON on a line. Each answer has
 * the shape that the method's description promises, and nothing that the description leaves out.
 */
import assert from "node:assert/strict";
import { makeLibrary } from "../../scripts/make_library.ts";
import type { JsonSchema } from "../../src/base/mod.ts";
import { CONTROL_METHODS } from "../../src/control/methods/mod.ts";
import { type OpenRpcDocument, webByteStream } from "../../src/control/mod.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

const mountable = needs("/dev/fuse");

/** These end the daemon, or answer only after it was unmounted. */
const LAST = ["unmount", "release"];

interface Answer {
  id: unknown;
  // deno-lint-ignore no-explicit-any
  result?: any;
  error?: { code: number; message: string };
}

/** One connection. A frame is answered before the next one is sent. */
class Client implements AsyncDisposable {
  readonly #stream;
  #text = "";

  private constructor(connection: Deno.UnixConn) {
    this.#stream = webByteStream(connection.readable, connection.writable);
  }

  static async connect(path: string): Promise<Client> {
    return new Client(await Deno.connect({ transport: "unix", path }));
  }

  async send(frame: string): Promise<void> {
    await this.#stream.write(new TextEncoder().encode(`${frame}\n`));
  }

  // deno-lint-ignore no-explicit-any
  async answer(): Promise<any> {
    for (;;) {
      const end = this.#text.indexOf("\n");
      if (end >= 0) {
        const line = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 1);
        return JSON.parse(line);
      }
      const bytes = await this.#stream.read();
      assert(bytes !== undefined, "the daemon hung up");
      this.#text += new TextDecoder().decode(bytes);
    }
  }

  async ask(frame: string): Promise<Answer> {
    await this.send(frame);
    return await this.answer();
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#stream.close();
    return Promise.resolve();
  }
}

Deno.test({
  name: "every method without required parameters answers in the described shape",
  ignore: !mountable,
  async fn() {
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 2, albums: 1, tracks: 2 });
    await it.mountAndScan();
    const { methods } = await it.json<OpenRpcDocument>(["rpc", "describe"]);
    assert.deepEqual(methods.map(({ name }) => name), CONTROL_METHODS.map((it) => it.name).sort());
    const free = methods.filter(({ params, name }) =>
      params.every(({ required }) => !required) && !LAST.includes(name)
    ).map(({ name }) => name);
    assert.deepEqual(free, [
      ...["cache.clear", "cache.stats", "cache.verify", "collection.list", "events.replay"],
      ...["events.verify", "origin.rescan", "status"],
    ]);
    await using client = await Client.connect(it.socket);
    for (const name of free) {
      const { result, error } = await client.ask(`{"jsonrpc":"2.0","method":"${name}","id":1}`);
      assert.equal(error, undefined, name);
      const { result: shape } = CONTROL_METHODS.find((method) => method.name === name)!;
      assert.equal(shape.problem(result), null, name);
      assert.deepEqual(undescribed(result, shape.schema), [], name);
    }
    const scans = await client.ask(
      `{"jsonrpc":"2.0","method":"origin.rescan","params":{"wait":true},"id":1}`,
    );
    const { result: shape } = CONTROL_METHODS.find(({ name }) => name === "origin.rescan")!;
    assert.equal(scans.result.length, 1);
    assert.equal(shape.problem(scans.result), null);
    assert.deepEqual(undescribed(scans.result, shape.schema), []);

    const refused = await client.ask(`{"jsonrpc":"2.0","method":"release","id":1}`);
    assert.equal(refused.error?.code, -32000);
    const described = CONTROL_METHODS.find(({ name }) => name === "release");
    assert(described !== undefined && "failures" in described);
    assert.deepEqual(described.failures.map(({ message }) => message), [refused.error?.message]);
  },
});

Deno.test({
  name: "the example requests of the specification work unchanged, alone and in a batch",
  ignore: !mountable,
  async fn() {
    const config = (path: string) =>
      `[[origins]]\nid = "local"\ntype = "local"\npath = "${path}"\n`;
    await using it = new Installation();
    makeLibrary(it.origin, { artists: 1, albums: 1, tracks: 2 });
    it.configure(config(it.origin));
    await it.mountAndScan();
    await using client = await Client.connect(it.socket);
    const stats = `{"jsonrpc":"2.0","method":"cache.stats","id":1}`;
    const rescan = `{"jsonrpc":"2.0","method":"origin.rescan","params":{"id":"local"},"id":2}`;
    const empty = {
      ...{ hits: 0, misses: 0, hit_rate: 0, chunks_stored: 0, chunks_unique: 0, dedup_ratio: 0 },
      size_bytes: 0,
    };
    assert.deepEqual(await client.ask(stats), { jsonrpc: "2.0", id: 1, result: empty });
    assert.deepEqual(await client.ask(rescan), { jsonrpc: "2.0", id: 2, result: [] });
    const answers: Answer[] = await client.ask(`[${rescan},${stats}]`) as never;
    assert.deepEqual(answers.map(({ id, result }) => [id, result]), [[2, []], [1, empty]]);

    const elsewhere = rescan.replace("local", "nowhere");
    assert.match((await client.ask(elsewhere)).error!.message, /Cannot find an origin 'nowhere'/);
    const wrong = await client.ask(rescan.replace(`"local"`, "7"));
    assert.deepEqual(wrong.error, {
      code: -32602,
      message: "Cannot serve 'origin.rescan': parameter 'id' is not a text",
    });

    // A notification gets no answer, but is carried out all the same.
    await client.ask(rescan.replace(`"local"`, `"local","wait":true`));
    const scannedAt = (await it.status()).origins[0]!.last_scan_at!;
    await client.send(rescan.replace(`,"id":2`, ""));
    assert.deepEqual((await client.ask(stats)).id, 1);
    await until("the notification is served", 30_000, async () => {
      return (await it.status()).origins[0]!.last_scan_at! > scannedAt;
    });

    const called = await it.json<unknown>(["rpc", "call", "cache.stats"]);
    assert.deepEqual(called, empty);
    const none = await it.musicfs(["rpc", "call", "cache.no_such"]);
    assert.deepEqual([none.code, none.stdout], [4, ""]);
    assert.match(none.stderr, /Cannot find a method 'cache.no_such'\nhint: musicfs rpc describe/);
    const misused = await it.musicfs(["rpc", "call", "origin.rescan", `{"id": 7}`]);
    assert.equal(misused.code, 2);
    assert.match(misused.stderr, /parameter 'id' is not a text/);
    const garbled = await it.musicfs(["rpc", "call", "origin.rescan", "{id}"]);
    assert.equal(garbled.code, 2);
    assert.match(garbled.stderr, /Cannot read the parameters as JSON/);
  },
});

/** The paths of the fields that a value has and its schema does not name. */
function undescribed(value: unknown, schema: JsonSchema, path = ""): string[] {
  const choices = schema.anyOf as JsonSchema[] | undefined;
  if (choices !== undefined) {
    const found = choices.map((choice) => undescribed(value, choice, path));
    return found.sort((a, b) => a.length - b.length)[0]!;
  }
  if (Array.isArray(value)) {
    return value.flatMap((each, i) =>
      undescribed(each, schema.items as JsonSchema, `${path}[${i}]`)
    );
  }
  if (typeof value !== "object" || value === null) return [];
  const properties = (schema.properties ?? {}) as Record<string, JsonSchema>;
  return Object.entries(value).flatMap(([name, each]) =>
    properties[name] === undefined
      ? [`${path}.${name}`]
      : undescribed(each, properties[name], `${path}.${name}`)
  );
}
