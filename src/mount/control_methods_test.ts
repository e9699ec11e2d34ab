import assert from "node:assert/strict";
import { CONTROL_METHODS, controlDocument, methods } from "../control/methods/mod.ts";
import { controlMethods } from "./control_methods.ts";
import { EngineGone } from "./supervisor.ts";

function setup(answer: () => Promise<unknown> = () => Promise.resolve(null)) {
  const asked: [string, unknown][] = [];
  const background: Promise<unknown>[] = [];
  const served = methods(controlMethods({
    own: {
      status: () => ({}) as never,
      "cache.stats": () => ({}) as never,
      unmount: () => ({ in_use: false }),
      release: () => ({ mountpoint: "/m", pid: 1 }),
    },
    isOrigin: (id) => ["a", "b"].includes(id),
    ask: (method, params) => {
      asked.push([method, params]);
      return answer();
    },
    inBackground: (work) => background.push(work),
  }));
  const ask = async (method: string, params: unknown) =>
    await served.get(method)!(params, { signal: new AbortController().signal });
  return { asked, background, served, ask };
}

Deno.test("the document describes every method that the control socket serves, and no other", () => {
  const described = controlDocument().methods.map(({ name }) => name);
  assert.deepEqual([...setup().served.keys()].sort(), described);
  assert.deepEqual(described, CONTROL_METHODS.map(({ name }) => name).sort());
});

Deno.test("a method of the engine is handed on to it with its parameters as they came", async () => {
  const { asked, ask } = setup(() => Promise.resolve("answer"));
  assert.equal(await ask("cache.pin", { query: "q" }), "answer");
  assert.equal(await ask("events.verify", undefined), "answer");
  assert.deepEqual(asked, [["cache.pin", { query: "q" }], ["events.verify", {}]]);
});

Deno.test("origin.rescan takes one origin, several or all, and waits only when it is asked to", async () => {
  const { asked, background, ask } = setup(() => Promise.resolve(["summary"]));
  assert.deepEqual(await ask("origin.rescan", { id: "a" }), []);
  assert.equal(background.length, 1);
  assert.deepEqual(await ask("origin.rescan", { id: "a", ids: ["b", "a"], wait: true }), [
    "summary",
  ]);
  assert.deepEqual(await ask("origin.rescan", { full: true, wait: true }), ["summary"]);
  await assert.rejects(ask("origin.rescan", { ids: ["a", "c"] }), /Cannot find an origin 'c'/);
  assert.equal(background.length, 1);
  assert.deepEqual(asked.filter(([name]) => name === "engine.log_in").map(([, params]) => params), [
    { origins: ["a"] },
    { origins: ["a", "b"] },
    { origins: [] },
  ], "somebody asks");
  assert.deepEqual(asked.filter(([name]) => name === "origin.rescan").map(([, it]) => it), [
    { ids: ["a"], full: false, wait: true },
    { ids: ["a", "b"], full: false, wait: true },
    { ids: [], full: true, wait: true },
  ]);
});

Deno.test("without an engine the caller is told the reason", async () => {
  const { ask } = setup(() => Promise.reject(new EngineGone("There is no engine: why")));
  for (
    const [method, params] of [["cache.clear", {}], ["origin.rescan", { wait: true }]] as const
  ) {
    await assert.rejects(ask(method, params), {
      name: "UserError",
      message: "There is no engine: why",
    });
  }
});
