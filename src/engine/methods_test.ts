import assert from "node:assert/strict";
import type { Engine } from "./engine.ts";
import { engineService } from "./methods.ts";

function setup() {
  const leaving = new AbortController();
  const observed: string[] = [];
  const scan = Promise.withResolvers<never[]>();
  const engine = {
    observe: (origin: string) => void observed.push(origin),
    rescan: () => scan.promise,
  } as unknown as Engine;
  const service = engineService(Promise.resolve(engine), {
    stop: () => leaving.abort(),
    asked: () => {},
    leaving: leaving.signal,
  });
  const ask = (method: string, params: unknown) =>
    service.methods.get(method)!(params, { signal: new AbortController().signal });
  return { leaving, observed, scan, service, ask };
}

const OPEN = Symbol();

/** The result of a promise, or OPEN when it is still open after all pending work has run. */
function settled(promise: unknown): Promise<unknown> {
  const turn = new Promise((resolve) => setTimeout(() => resolve(OPEN)));
  return Promise.race([promise, turn]);
}

Deno.test("requests are answered, and counted while they are open", async () => {
  const { observed, service, ask, scan } = setup();
  assert.equal(await ask("engine.observe", { origin: "music", directories: [""] }), null);
  assert.deepEqual(observed, ["music"]);
  const asked = ask("origin.rescan", { ids: [], full: false, wait: true });
  assert.equal(await settled(asked), OPEN);
  assert.equal(service.open, 1);
  scan.resolve([]);
  assert.deepEqual(await asked, []);
  assert.equal(service.open, 0);
});

Deno.test("an engine that is ending accepts no request, and answers none that it has not completed", async () => {
  const { observed, ask, leaving, scan } = setup();
  const asked = ask("origin.rescan", { ids: [], full: false, wait: true });
  assert.equal(await settled(asked), OPEN);
  leaving.abort();
  scan.reject(new Error("Aborted"));
  assert.equal(await settled(asked), OPEN);
  const late = ask("engine.observe", { origin: "music", directories: [""] });
  assert.equal(await settled(late), OPEN);
  assert.deepEqual(observed, []);
});
