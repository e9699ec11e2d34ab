import assert from "node:assert/strict";
import { soundOf, soundsNear } from "./word_sound.ts";

Deno.test("soundOf: words that sound alike have one sound", () => {
  for (
    const alike of [
      ["metallica", "metalica", "mettalicka"],
      ["felix", "felixx", "feliks"],
      ["phil", "fil", "phill"],
      ["knight", "night", "nite"],
      ["catherine", "katherine"],
      ["eric", "erik", "aric"],
      ["zeppelin", "zepelin", "zeppelyn"],
      ["privet", "привет"],
    ]
  ) {
    assert.equal(
      new Set(alike.map(soundOf)).size,
      1,
      `${alike.map((it) => `${it}: ${soundOf(it)}`)}`,
    );
  }
  assert.notEqual(soundOf("love"), soundOf("rose"));
});

Deno.test("soundsNear: one slip of a consonant is near", () => {
  for (
    const [typed, meant] of [
      ["eastwod", "eastwood"],
      ["easteood", "eastwood"],
      ["brdaley", "bradley"],
      ["grfenwood", "greenwood"],
      ["smith", "sminth"],
      ["", "a"],
    ] as const
  ) {
    assert.ok(
      soundsNear(soundOf(typed)).has(soundOf(meant)),
      `${typed} ${soundOf(typed)} ${soundOf(meant)}`,
    );
  }
  assert.ok(!soundsNear(soundOf("x")).has(""));
});
