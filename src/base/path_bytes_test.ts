import assert from "node:assert/strict";
import fc from "fast-check";
import { bytesFromString, hasEscapedBytes, stringFromBytes } from "./path_bytes.ts";

Deno.test("stringFromBytes() keeps valid UTF-8 as it is", () => {
  for (const name of ["", "a", "Sigur Rós", "\u{1F3B5} 音楽", "a\nb", "\ufeffbom"]) {
    assert.equal(stringFromBytes(new TextEncoder().encode(name)), name);
  }
});

Deno.test("stringFromBytes() escapes each byte that is not UTF-8", () => {
  assert.equal(stringFromBytes(new Uint8Array([0x61, 0xff, 0x62])), "a\uefffb");
  assert.equal(stringFromBytes(new Uint8Array([0xc3])), "\uefc3");
  assert.ok(
    hasEscapedBytes(stringFromBytes(new Uint8Array([0xed, 0xa0, 0x80]))),
    "surrogates are not UTF-8",
  );
});

Deno.test("names that hold the escape characters themselves stay apart from escaped bytes", () => {
  const real = new TextEncoder().encode("\uefff");
  const escaped = new Uint8Array([0xff]);
  assert.notEqual(stringFromBytes(real), stringFromBytes(escaped));
  assert.deepEqual(bytesFromString(stringFromBytes(real)), real);
});

Deno.test("bytesFromString() is the inverse for all bytes", () => {
  const byte = fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0xee, 0xbe, 0xbf, 0x80, 0xef),
  );
  fc.assert(
    fc.property(fc.array(byte, { maxLength: 40 }), (values) => {
      const bytes = new Uint8Array(values);
      assert.deepEqual(bytesFromString(stringFromBytes(bytes)), bytes);
    }),
    { numRuns: 5000 },
  );
});
