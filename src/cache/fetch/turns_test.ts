import assert from "node:assert/strict";
import { Turns } from "./turns.ts";

Deno.test("Turns lets no more callers work at a time than its limit, the urgent ones first", async () => {
  const turns = new Turns(1);
  const begun: string[] = [];
  const work = async (name: string, isUrgent: boolean, until: Promise<void>) => {
    const giveBack = await turns.take(() => isUrgent);
    begun.push(name);
    await until;
    giveBack();
  };
  const first = Promise.withResolvers<void>();
  const done = Promise.resolve();
  const all = [
    work("first", false, first.promise),
    work("ahead", false, done),
    work("urgent", true, done),
  ];
  await Promise.resolve();
  assert.deepEqual(begun, ["first"]);
  first.resolve();
  await Promise.all(all);
  assert.deepEqual(begun, ["first", "urgent", "ahead"]);
});
