import assert from "node:assert/strict";
import { methods } from "./params.ts";
import { RPC_ERROR } from "./protocol.ts";

const context = { signal: new AbortController().signal };

const served = methods({
  "origin.rescan": ({ ids }) => ids.map((id) => id.toUpperCase()) as never,
  "unmount": () => ({ in_use: false }),
  "engine.stop": () => null,
});

function call(method: string, params: unknown): unknown {
  return served.get(method)!(params, context);
}

Deno.test("methods() hands checked parameters to the handlers", () => {
  assert.deepEqual(call("origin.rescan", { ids: ["a"], full: true, wait: false }), ["A"]);
  assert.equal(call("engine.stop", undefined), null);
  assert.equal(call("engine.stop", {}), null);
  assert.equal(served.get("status"), undefined);
});

Deno.test("methods() refuses parameters of another shape, and names what is wrong", () => {
  const cases: [string, unknown, RegExp][] = [
    ["unmount", {}, /'mountpoint'/],
    ["unmount", { mountpoint: 3 }, /'mountpoint'/],
    ["unmount", ["/mnt"], /not an object/],
    ["unmount", "/mnt", /not an object/],
    ["unmount", { mountpoint: "/mnt", force: 1 }, /'force'/],
    ["unmount", { mountpoint: "/mnt", lazy: true }, /no parameter 'lazy'/],
    ["origin.rescan", { ids: ["a", 1], full: true, wait: false }, /'ids'/],
    ["origin.rescan", { ids: [], full: 1, wait: false }, /'full'/],
    ["engine.stop", { now: true }, /no parameter 'now'/],
  ];
  for (const [method, params, message] of cases) {
    assert.throws(() => call(method, params), { code: RPC_ERROR.invalidParams, message });
  }
});
