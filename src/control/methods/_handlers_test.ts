import assert from "node:assert/strict";
import { methods } from "./_handlers.ts";
import { RPC_ERROR } from "../rpc/mod.ts";

const context = { signal: new AbortController().signal };

const served = methods({
  "origin.rescan": ({ ids = [] }) => ids.map((id) => id.toUpperCase()) as never,
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
  const cases: [string, unknown, string][] = [
    ["unmount", {}, "parameter 'mountpoint' is missing: it is a text"],
    ["unmount", { mountpoint: 3 }, "parameter 'mountpoint' is not a text"],
    ["unmount", ["/mnt"], "its parameters are not an object, in which they go by name"],
    ["unmount", "/mnt", "its parameters are not an object, in which they go by name"],
    ["unmount", { mountpoint: "/mnt", force: 1 }, "parameter 'force' is not true or false"],
    ["unmount", { mountpoint: "/mnt", force: null }, "parameter 'force' is not true or false"],
    ["unmount", { mountpoint: "/mnt", lazy: true }, "it has no parameter 'lazy'"],
    [
      "unmount",
      JSON.parse(`{"mountpoint": "/mnt", "__proto__": {}}`),
      "it has no parameter '__proto__'",
    ],
    [
      "unmount",
      JSON.parse(`{"__proto__": {"mountpoint": "/mnt"}}`),
      "parameter 'mountpoint' is missing: it is a text",
    ],
    [
      "origin.rescan",
      { ids: ["a", 1], full: true, wait: false },
      "parameter 'ids'[1] is not a text",
    ],
    ["origin.rescan", { ids: [], full: 1, wait: false }, "parameter 'full' is not true or false"],
    ["engine.stop", { now: true }, "it has no parameter 'now'"],
    ["engine.stop", { ["x".repeat(1000)]: 1 }, `it has no parameter '${"x".repeat(80)}…'`],
  ];
  for (const [method, params, message] of cases) {
    assert.throws(() => call(method, params), {
      code: RPC_ERROR.invalidParams,
      message: `Cannot serve '${method}': ${message}`,
    });
  }
});
