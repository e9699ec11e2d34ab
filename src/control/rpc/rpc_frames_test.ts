/** What RpcPeer makes of frames, whole and broken, alone and in batches. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { RPC_FRAME_BYTES_MAX, UserError } from "../../base/mod.ts";
import { RPC_ERROR, RpcError } from "./rpc_error.ts";
import { RpcPeer } from "./rpc_peer.ts";
import {
  encode,
  jsonLines,
  type Methods,
  pair,
  streamPair,
  Waiting,
} from "../../../tests/support/rpc_pair.ts";

Deno.test("RpcPeer answers malformed frames with the codes of the specification", async () => {
  const frames: [string, number, unknown][] = [
    ["{", RPC_ERROR.parse, null],
    ["\xff", RPC_ERROR.parse, null],
    ["null", RPC_ERROR.invalidRequest, null],
    ["3", RPC_ERROR.invalidRequest, null],
    ["[]", RPC_ERROR.invalidRequest, null],
    [`["jsonrpc"`, RPC_ERROR.parse, null],
    [`[${"1,".repeat(1000)}1]`, RPC_ERROR.invalidRequest, null],
    [`{"jsonrpc":"2.0","id":2,"method":"add","params":"bar"}`, RPC_ERROR.invalidRequest, 2],
    [`{"jsonrpc":"2.0","method":1,"params":"bar"}`, RPC_ERROR.invalidRequest, null],
    [`{"jsonrpc":"1.0","id":1,"method":"add"}`, RPC_ERROR.invalidRequest, 1],
    [`{"jsonrpc":"2.0","id":{},"method":"add"}`, RPC_ERROR.invalidRequest, null],
    [`{"jsonrpc":"2.0","id":"a","method":7}`, RPC_ERROR.invalidRequest, "a"],
    [`{"jsonrpc":"2.0","id":5,"method":"constructor"}`, RPC_ERROR.methodNotFound, 5],
  ];
  const [here, there] = streamPair();
  const peer = new RpcPeer(there);
  const answers = jsonLines(here);
  for (const [frame, code, id] of frames) {
    await here.write(Uint8Array.from(`${frame}\n`, (char) => char.charCodeAt(0)));
    const { value } = await answers.next();
    assert.deepEqual([value?.error?.code, value?.id], [code, id], frame);
  }
  here.close();
  await peer.closed;
});

Deno.test("RpcPeer answers a batch with one frame that holds an answer to every request", async () => {
  const [here, there] = streamPair();
  const heard: unknown[] = [];
  const peer = new RpcPeer(there, {
    service: {
      methods: new Waiting().methods(),
      notified: new Map([["hello", (params: unknown) => void heard.push(params)]]),
    },
  });
  const answers = jsonLines(here);
  const ask = async (frame: unknown) => {
    await here.write(encode(`${JSON.stringify(frame)}\n`));
    return (await answers.next()).value;
  };
  const sum = (id: unknown, a: number) => (
    { jsonrpc: "2.0", id, method: "add", params: { a, b: 1 } }
  );
  const hello = { jsonrpc: "2.0", method: "hello", params: { name: "x" } };

  // The specification's example: requests, a notification, an entry that is no request, and an unknown method.
  const mixed: { id: unknown; result?: unknown; error?: { code: number } }[] = await ask([
    sum("1", 1),
    hello,
    sum(null, 2),
    { foo: "boo" },
    { jsonrpc: "2.0", method: "foo.get", params: { name: "myself" }, id: "5" },
    [sum(6, 6)],
    sum("1", 9),
  ]);
  assert.deepEqual(mixed.map(({ id, result, error }) => [id, result ?? error?.code]), [
    ["1", 2],
    [null, 3],
    [null, RPC_ERROR.invalidRequest],
    ["5", RPC_ERROR.methodNotFound],
    [null, RPC_ERROR.invalidRequest],
    ["1", 10],
  ]);
  assert.deepEqual(heard, [{ name: "x" }]);

  const invalid: { id: unknown; error: { code: number } }[] = await ask([1, 2, 3]);
  assert.deepEqual(
    invalid.map(({ id, error: { code } }) => [id, code]),
    Array(3).fill([null, RPC_ERROR.invalidRequest]),
  );
  assert.deepEqual(await ask([sum(7, 7)]), [{ jsonrpc: "2.0", id: 7, result: 8 }]);

  // A batch of notifications alone gets no answer: the next frame answers the next request.
  await here.write(encode(`${JSON.stringify([hello, hello])}\n`));
  assert.deepEqual(await ask(sum(8, 8)), { jsonrpc: "2.0", id: 8, result: 9 });
  assert.equal(heard.length, 3);
  here.close();
  await peer.closed;
});

Deno.test("RpcPeer runs a method for a notification and sends no answer, even when it fails", async () => {
  const [here, there] = streamPair();
  const faults: string[] = [];
  const waiting = new Waiting();
  const peer = new RpcPeer(there, {
    service: { methods: waiting.methods() },
    onFault: (_, method) => faults.push(method),
  });
  const answers = jsonLines(here);
  const tell = (method: string, params: unknown) =>
    here.write(encode(`${JSON.stringify({ jsonrpc: "2.0", method, params })}\n`));
  await tell("wait", {});
  await tell("none", {});
  await tell("fail", { how: "user" });
  await tell("fail", { how: "fault" });
  await waiting.arrived;
  await here.write(encode(`{"jsonrpc":"2.0","id":1,"method":"add","params":{"a":1,"b":2}}\n`));
  assert.deepEqual((await answers.next()).value, { jsonrpc: "2.0", id: 1, result: 3 });
  assert.deepEqual(faults, ["fail"]);
  here.close();
  await peer.closed;
  // The signal of a notification is never aborted, since nobody awaits its result.
  assert.equal(waiting.signals[0]!.aborted, false);
});

Deno.test("RpcPeer answers with an error when it can't repeat the id or the message in full, and lives on", async () => {
  const [here, there] = streamPair();
  const methods = new Map<string, (params: unknown) => unknown>([
    ["repeat", (params) => {
      throw new UserError(`Cannot take ${(params as { text: string }).text}, and that is all`);
    }],
    ["result", (params) => [params, params]],
    ["add", () => 3],
  ]);
  const peer = new RpcPeer(there, { service: { methods } });
  const answers = jsonLines(here);
  const text = "x".repeat(RPC_FRAME_BYTES_MAX - 100);
  const id = "x".repeat(RPC_FRAME_BYTES_MAX - 60);
  const long = (message: object) => JSON.stringify({ jsonrpc: "2.0", ...message });
  const half = { text: "x".repeat(RPC_FRAME_BYTES_MAX / 2) };
  const quarter = { text: "x".repeat(RPC_FRAME_BYTES_MAX / 4) };
  const frames: [string, unknown][] = [
    [long({ id: 1, method: "repeat", params: { text } }), 1],
    [long({ id, method: "none" }), null],
    [long({ id: 2, method: "result", params: half }), 2],
    [
      `[${long({ id: 3, method: "result", params: quarter })},${
        long({ id: 4, method: "result", params: quarter })
      }]`,
      null,
    ],
  ];
  for (const [frame, answered] of frames) {
    const writing = here.write(encode(`${frame}\n`));
    const { value } = await answers.next();
    assert.deepEqual([value?.error?.code, value?.id], [RPC_ERROR.internal, answered]);
    await writing;
  }
  await here.write(encode(`${long({ id: 5, method: "add" })}\n`));
  assert.equal((await answers.next()).value?.result, 3);
  here.close();
  await peer.closed;
});

Deno.test("RpcPeer survives any frames, and answers after them", async () => {
  const word = fc.constantFrom(
    "jsonrpc",
    "id",
    "method",
    "params",
    "result",
    "error",
    "2.0",
    "add",
  );
  const value = fc.oneof(fc.jsonValue(), word, fc.dictionary(word, fc.oneof(word, fc.jsonValue())));
  await fc.assert(
    fc.asyncProperty(fc.array(value, { maxLength: 10 }), async (values) => {
      const [here, there] = streamPair();
      const peer = new RpcPeer(there, { service: { methods: new Waiting().methods() } });
      for (const each of values) await here.write(encode(`${JSON.stringify(each)}\n`));
      await here.write(
        encode(`{"jsonrpc":"2.0","id":"last","method":"add","params":{"a":1,"b":2}}\n`),
      );
      for await (const answer of jsonLines(here)) if (answer.id === "last") break;
      here.close();
      await peer.closed;
    }),
    { numRuns: 50 },
  );
});

Deno.test("RpcPeer hangs up on a frame that is too long", async () => {
  const [here, there] = streamPair();
  const peer = new RpcPeer(there);
  const answers = jsonLines(here);
  const writing = (async () => {
    const part = new Uint8Array(1024 * 1024).fill(0x20);
    for (let sent = 0; sent <= RPC_FRAME_BYTES_MAX; sent += part.length) await here.write(part);
  })().catch(() => {});
  const { value } = await answers.next();
  assert.equal(value?.error?.code, RPC_ERROR.invalidRequest);
  await peer.closed;
  await writing;
  here.close();
});

Deno.test("RpcPeer refuses to send a frame that is too long", async () => {
  const { client } = pair({ service: { methods: new Waiting().methods() } });
  const name = "x".repeat(RPC_FRAME_BYTES_MAX);
  assert.throws(() => client.notify("hello", { name }), RangeError);
  await assert.rejects(client.request("add", { a: name as never, b: 1 }), RangeError);
  assert.equal(await client.request("add", { a: 1, b: 1 }), 2);
  await client.close();
});

Deno.test("RpcPeer takes a malformed error for an error of the protocol", async () => {
  const [here, there] = streamPair();
  const client = new RpcPeer<Methods>(here);
  const answer = client.request("add", { a: 1, b: 1 });
  await there.read();
  await there.write(encode(`{"jsonrpc":"2.0","id":1,"error":"no"}\n`));
  await assert.rejects(answer, RpcError);
  await client.close();
  there.close();
});
