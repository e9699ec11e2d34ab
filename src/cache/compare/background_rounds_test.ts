import assert from "node:assert/strict";
import { BackgroundRounds } from "./background_rounds.ts";

const silent = () => {};

Deno.test("BackgroundRounds does one round at a time, and another one for all calls during it", async () => {
  const open: PromiseWithResolvers<void>[] = [];
  const errors: string[] = [];
  const stop = new AbortController();
  const rounds = new BackgroundRounds({
    round: () => {
      const gate = Promise.withResolvers<void>();
      open.push(gate);
      return gate.promise;
    },
    purpose: "do it",
    logger: {
      ...{ trace: silent, debug: silent, info: silent, warn: silent },
      error: (message) => void errors.push(String(message)),
    },
    signal: stop.signal,
  });
  await rounds.idle();
  const first = rounds.ask();
  const others = [rounds.ask(), rounds.ask()];
  assert.deepEqual([open.length, rounds.isBusy], [1, true]);
  open[0]!.reject(new Error("no"));
  while (open.length < 2) await Promise.resolve();
  assert.deepEqual(errors, ["Cannot do it: no"]);
  open[1]!.resolve();
  await Promise.all([first, ...others, rounds.idle()]);
  assert.deepEqual([open.length, rounds.isBusy], [2, false]);

  const last = rounds.ask();
  void rounds.ask();
  stop.abort();
  open[2]!.reject(new Error("aborted"));
  await last;
  assert.deepEqual([open.length, errors.length], [3, 1]);
});
