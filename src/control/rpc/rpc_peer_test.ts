import assert from "node:assert/strict";
import { EXIT, UserError } from "../../base/mod.ts";
import { webByteStream } from "./byte_stream.ts";
import { RPC_ERROR, RpcClosed } from "./rpc_error.ts";
import { RpcPeer } from "./rpc_peer.ts";
import {
  aborted,
  encode,
  type Methods,
  pair,
  streamPair,
  Waiting,
} from "../../../tests/support/rpc_pair.ts";

Deno.test("RpcPeer answers requests, many at a time", async () => {
  const { client, server } = pair({ service: { methods: new Waiting().methods() } });
  const sums = await Promise.all(
    Array.from({ length: 100 }, (_, i) => client.request("add", { a: i, b: 1 })),
  );
  assert.deepEqual(sums, Array.from({ length: 100 }, (_, i) => i + 1));
  await client.close();
  await server.closed;
});

Deno.test("RpcPeer rebuilds a UserError at the other side", async () => {
  const { client } = pair({ service: { methods: new Waiting().methods() } });
  await assert.rejects(client.request("fail", { how: "user" }), (error) => {
    assert(error instanceof UserError);
    assert.deepEqual(
      [error.message, error.hint, error.exitCode],
      ["Cannot", "Try again", EXIT.notFound],
    );
    return true;
  });
  await client.close();
});

Deno.test("RpcPeer reports a fault of its own to the caller and goes on", async () => {
  const faults: unknown[] = [];
  const { client } = pair({
    service: { methods: new Waiting().methods() },
    onFault: (error) => faults.push(error),
  });
  for (const how of ["fault", "unsendable"] as const) {
    await assert.rejects(client.request("fail", { how }), { code: RPC_ERROR.internal });
  }
  assert.equal(faults.length, 2);
  await assert.rejects(client.request("none" as "add", { a: 1, b: 2 }), {
    code: RPC_ERROR.methodNotFound,
  });
  assert.equal(await client.request("add", { a: 1, b: 2 }), 3);
  await client.close();
});

Deno.test("RpcPeer carries notifications both ways", async () => {
  const heard = Promise.withResolvers<unknown>();
  const answered = Promise.withResolvers<unknown>();
  const { client, server } = pair(
    { service: { notified: new Map([["hello", heard.resolve]]) } },
    { service: { notified: new Map([["hello", answered.resolve]]) } },
  );
  client.notify("hello", { name: "server" });
  assert.deepEqual(await heard.promise, { name: "server" });
  server.notify("hello", { name: "client" });
  assert.deepEqual(await answered.promise, { name: "client" });
  await client.close();
});

Deno.test("RpcPeer gives up at the deadline, and the handler's signal is aborted", async () => {
  const waiting = new Waiting();
  const { client } = pair({ service: { methods: waiting.methods() } });
  await assert.rejects(client.request("wait", {}, { deadlineMs: 20 }), {
    name: "UserError",
    message: /no answer in 20 ms/,
  });
  await aborted(waiting.signals[0]!);
  assert.equal(await client.request("add", { a: 1, b: 2 }), 3);
  await client.close();
});

Deno.test("RpcPeer gives up when aborted, and the handler's signal is aborted", async () => {
  const waiting = new Waiting();
  const { client } = pair({ service: { methods: waiting.methods() } });
  const abort = new AbortController();
  const request = client.request("wait", {}, { signal: abort.signal });
  await waiting.arrived;
  abort.abort(new Error("enough"));
  await assert.rejects(request, { message: "enough" });
  await aborted(waiting.signals[0]!);
  await assert.rejects(client.request("wait", {}, { signal: abort.signal }), { message: "enough" });
  await client.close();
});

Deno.test("RpcPeer rejects open requests when either side hangs up", async () => {
  for (const side of ["client", "server"] as const) {
    const waiting = new Waiting();
    const peers = pair({ service: { methods: waiting.methods() } });
    const request = peers.client.request("wait", {}, { deadlineMs: Infinity });
    const rejected = assert.rejects(request, RpcClosed);
    await waiting.arrived;
    await peers[side].close();
    await rejected;
    await peers.client.closed;
    await peers.server.closed;
    assert(waiting.signals[0]!.aborted);
    await assert.rejects(peers.client.request("add", { a: 1, b: 1 }), RpcClosed);
  }
});

Deno.test("RpcPeer aborts every request that used a cancelled id", async () => {
  const [here, there] = streamPair();
  const waiting = new Waiting();
  const peer = new RpcPeer(there, { service: { methods: waiting.methods() } });
  const wait = `{"jsonrpc":"2.0","id":1,"method":"wait"}\n`;
  await here.write(encode(wait + wait + `{"jsonrpc":"2.0","id":2,"method":"add"}\n`));
  await waiting.arrived;
  here.close();
  await peer.closed;
  assert.deepEqual(waiting.signals.map(({ aborted }) => aborted), [true, true]);
});

Deno.test("RpcPeer works over the standard streams of a process, and notices its end", async () => {
  const script = `
    import { RpcPeer, webByteStream } from "${import.meta.resolve("../mod.ts")}";
    const methods = new Map([
      ["add", ({ a, b }) => a + b],
      ["wait", () => new Promise(() => {})],
    ]);
    const stream = webByteStream(Deno.stdin.readable, Deno.stdout.writable);
    await new RpcPeer(stream, { service: { methods } }).closed;
    Deno.exit(7);
  `;
  const start = () => {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["eval", "--quiet", "--ext=ts", script],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    return { child, peer: new RpcPeer<Methods>(webByteStream(child.stdout, child.stdin)) };
  };

  const hungUp = start();
  assert.equal(await hungUp.peer.request("add", { a: 1, b: 2 }), 3);
  await hungUp.peer.close();
  assert.equal((await hungUp.child.status).code, 7);

  const killed = start();
  assert.equal(await killed.peer.request("add", { a: 1, b: 2 }), 3);
  const waiting = assert.rejects(
    killed.peer.request("wait", {}, { deadlineMs: Infinity }),
    RpcClosed,
  );
  killed.child.kill("SIGKILL");
  await waiting;
  await killed.peer.closed;
  await killed.child.status;
});
