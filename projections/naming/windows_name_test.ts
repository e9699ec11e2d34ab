import assert from "node:assert/strict";
import { windowsName } from "./windows_name.ts";

Deno.test("windowsName() leaves what Windows can show as it is", () => {
  for (
    const name of [
      "AC_DC",
      "Björk",
      "Wait... what.flac",
      "Console",
      "Nullify.mp3",
      "A (2)",
      "COM10",
    ]
  ) assert.equal(windowsName(name), name);
});

for (
  const [name, expected] of [
    ['Who? What: "Why" <*|\\>', "Who_ What_ _Why_ _____"],
    ["R.E.M.", "R.E.M_"],
    ["Wait...", "Wait.._"],
    ["CON", "CON_"],
    ["nul.txt", "nul_.txt"],
    ["Aux.tar.gz", "Aux_.tar.gz"],
    ["COM1", "COM1_"],
    ["lpt\u00b3.flac", "lpt\u00b3_.flac"],
    ["PRN .flac", "PRN_ .flac"],
    ["CONOUT$", "CONOUT$_"],
    ["CON.", "CON_"],
  ] as const
) {
  Deno.test(`windowsName() makes ${expected} of ${name}`, () => {
    assert.equal(windowsName(name), expected);
    assert.equal(windowsName(expected), expected);
  });
}
