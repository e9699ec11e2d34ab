import assert from "node:assert/strict";
import { createLogger } from "../base/mod.ts";
import { EngineGone, type EngineLink, EngineSupervisor } from "./supervisor.ts";

/** An engine that answers and ends when the test says so. */
class FakeEngine implements EngineLink {
  static count = 0;
  readonly pid = ++FakeEngine.count;
  readonly ended: Promise<number>;
  readonly asked: string[] = [];
  #end!: (code: number) => void;
  #fail: ((error: unknown) => void)[] = [];
  answer: ((method: string) => unknown) | undefined;

  constructor() {
    this.ended = new Promise((resolve) => this.#end = resolve);
  }

  request(method: string): Promise<unknown> {
    this.asked.push(method);
    if (this.answer !== undefined) return Promise.resolve(this.answer(method));
    return new Promise((_, reject) => this.#fail.push(reject));
  }

  end(code: number): void {
    for (const fail of this.#fail) fail(new EngineGone("ended"));
    this.#end(code);
  }

  kill(): void {
    this.end(137);
  }
}

function supervised() {
  const engines: FakeEngine[] = [];
  const waits: number[] = [];
  const supervisor = new EngineSupervisor({
    start: () => {
      const engine = new FakeEngine();
      engines.push(engine);
      return engine;
    },
    logger: createLogger("test", "error"),
    sleep: (ms) => {
      waits.push(ms);
      return Promise.resolve();
    },
  });
  return { engines, waits, supervisor };
}

async function settle(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

Deno.test("the engine is started by the first request and serves the next ones too", async () => {
  const { engines, supervisor } = supervised();
  assert.equal(supervisor.state.state, "off");
  supervisor.wake();
  engines[0]!.answer = (method) => `${method} done`;
  assert.equal(await supervisor.request("a", {}), "a done");
  assert.equal(await supervisor.request("b", {}), "b done");
  assert.equal(engines.length, 1);
  assert.equal(supervisor.state.state, "running");
});

Deno.test("a request that meets an engine on its way out goes to a new engine", async () => {
  const { engines, supervisor } = supervised();
  const answer = supervisor.request("a", {});
  await settle();
  engines[0]!.end(0);
  await settle();
  assert.deepEqual(engines[1]!.asked, ["a"]);
  assert.equal(supervisor.state.restarts, 0);
  engines[1]!.end(2);
  await assert.rejects(answer);
});

Deno.test("a request that crashes every engine fails", async () => {
  const { engines, supervisor } = supervised();
  const answer = supervisor.request("scan", {});
  answer.catch(() => {});
  for (let i = 0; i < 8; i++) {
    await settle();
    engines[i]!.end(139);
  }
  await assert.rejects(answer, /crashed 8 times/);
  await supervisor.stop(1);
});

Deno.test("a request that a crash cut off goes to the next engine", async () => {
  const { engines, waits, supervisor } = supervised();
  const answer = supervisor.request("scan", {});
  await settle();
  engines[0]!.end(139);
  await settle();
  assert.equal(engines.length, 2);
  engines[1]!.end(139);
  await settle();
  assert.deepEqual(engines.map((engine) => engine.asked), [["scan"], ["scan"], ["scan"]]);
  assert.equal(supervisor.state.restarts, 2);
  assert.equal(waits[0], 0, "the first restart does not wait");
  assert.ok(waits[1]! > 0, "the second one does");
  engines[2]!.end(2);
  await assert.rejects(answer);
});

Deno.test("an engine that refuses to start is not started again at once", async () => {
  const { engines, supervisor } = supervised();
  const answer = supervisor.request("scan", {});
  await settle();
  engines[0]!.end(2);
  await assert.rejects(answer, /cannot start/);
  assert.equal(engines.length, 1);
  assert.equal(supervisor.state.restarts, 0);
});

Deno.test("an engine that leaves by itself is no crash", async () => {
  const { engines, supervisor } = supervised();
  supervisor.wake();
  engines[0]!.end(0);
  await settle();
  assert.deepEqual(supervisor.state, {
    state: "off",
    pid: null,
    restarts: 0,
    problem: null,
  });
  assert.equal(engines.length, 1);
});

Deno.test("stop() ends the engine and starts none any more", async () => {
  const { engines, supervisor } = supervised();
  supervisor.wake();
  const stopped = supervisor.stop(5);
  await stopped;
  assert.deepEqual(engines[0]!.asked, ["engine.stop"]);
  await assert.rejects(supervisor.request("scan", {}), EngineGone);
  assert.equal(engines.length, 1);
});
