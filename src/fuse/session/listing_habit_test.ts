import assert from "node:assert/strict";
import { ListingHabit } from "./listing_habit.ts";

/** Lists a directory of `files` files. Returns how many of them were named alone. */
function listed(habit: ListingHabit, files: number): number {
  let alone = 0;
  for (let i = 0; i < files; i++) {
    if (!habit.isNameEnough) continue;
    habit.namedAlone();
    alone++;
  }
  return alone;
}

function listing(habit: ListingHabit, files: number): number {
  habit.begin();
  return listed(habit, files);
}

Deno.test("ListingHabit: without look-ups, listings give names alone, from the second on", () => {
  const habit = new ListingHabit();
  const alone = [10, 0, 10, 0, 7, 1000].map((files) => listing(habit, files));
  assert.deepEqual(alone, [1, 0, 10, 0, 7, 128]);
});

Deno.test("ListingHabit: after the first look-up of a file, files come with attributes", () => {
  const habit = new ListingHabit();
  listing(habit, 10);
  assert.equal(listing(habit, 10), 10);
  habit.asked();
  assert.equal(listed(habit, 10), 0, "nor does the same listing go on so");
  assert.equal(listing(habit, 10), 0);
});

Deno.test("ListingHabit: when every file is looked up, trials become ever rarer", () => {
  const habit = new ListingHabit();
  const alone: number[] = [];
  for (let i = 0; i < 200; i++) {
    alone.push(listing(habit, 10));
    if (alone.at(-1)! > 0) habit.asked();
  }
  assert.equal(Math.max(...alone), 1);
  const trials = alone.flatMap((count, i) => count > 0 ? [i] : []);
  assert.deepEqual(trials.slice(0, 5), [0, 2, 6, 14, 30]);
  assert.equal(trials.at(-1)! - trials.at(-2)!, 17);
});
