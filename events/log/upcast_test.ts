import assert from "node:assert/strict";
import { LogCorrupt, LogFromNewerVersion } from "./errors.ts";
import { upcast } from "./upcast.ts";
import { LIBRARY_VOCABULARY } from "../vocabulary.ts";

const VOCABULARY = {
  events: { Named: { v: 3, check: LIBRARY_VOCABULARY.events.OriginRemoved.check } },
  upcasters: [{ type: "Named", v: 2, lift: (name: string) => ({ origin: name }) }],
};

Deno.test("upcast() leaves the newest version as it is", () => {
  const data = { origin: "a" };
  assert.deepEqual(upcast({ type: "Named", v: 3, data }, 1, VOCABULARY), {
    type: "Named",
    v: 3,
    data,
  });
});

Deno.test("upcast() lifts an older version", () => {
  assert.deepEqual(upcast({ type: "Named", v: 2, data: "b" }, 1, VOCABULARY)?.data, {
    origin: "b",
  });
});

Deno.test("upcast() refuses a version without an upcaster as corrupt", () => {
  assert.throws(() => upcast({ type: "Named", v: 1, data: "b" }, 4, VOCABULARY), LogCorrupt);
});

Deno.test("upcast() refuses newer versions and unknown types", () => {
  for (const [type, v] of [["Named", 4], ["Renamed", 1], ["constructor", 1]] as const) {
    assert.throws(() => upcast({ type, v, data: {} }, 4, VOCABULARY), LogFromNewerVersion);
  }
});

Deno.test("upcast() passes over an unknown event that allows this", () => {
  for (const [type, v] of [["Named", 4], ["Renamed", 1], ["constructor", 1]] as const) {
    assert.equal(upcast({ type, v, data: {}, passable: true }, 4, VOCABULARY), undefined);
  }
  const data = { origin: "a" };
  const read = upcast({ type: "Named", v: 3, data, passable: true }, 1, VOCABULARY);
  assert.deepEqual(read, { type: "Named", v: 3, data });
});

Deno.test("upcast() names what is wrong with a payload", () => {
  const file = { file: 1024, path: "a", size: -1, mtime_s: 0, mtime_ns: 0 };
  const data = { origin: "o", scan: 1, position: "", files: [file] };
  assert.throws(() => upcast({ type: "FilesObserved", v: 1, data }, 9, LIBRARY_VOCABULARY), {
    message: /event 9, a 'FilesObserved': data\.files\[0\]\.size is not a whole number/,
  });
});
