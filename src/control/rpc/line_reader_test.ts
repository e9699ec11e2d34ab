import assert from "node:assert/strict";
import fc from "fast-check";
import { FrameTooLong, LineReader } from "./line_reader.ts";

const encode = (text: string) => new TextEncoder().encode(text);
const decode = (line: Uint8Array) => new TextDecoder().decode(line);

Deno.test("LineReader gives the same lines however the bytes are cut", () => {
  const cuts = fc.array(fc.nat({ max: 200 }), { maxLength: 8 });
  fc.assert(
    fc.property(fc.array(fc.string({ minLength: 1 }), { maxLength: 10 }), cuts, (texts, cutAt) => {
      const lines = texts.map((text) => text.replaceAll("\n", "é"));
      const bytes = encode(lines.map((line) => `${line}\n`).join("") + "unfinished");
      const ends = [...cutAt.map((at) => Math.min(at, bytes.length)), bytes.length].sort((a, b) =>
        a - b
      );
      const reader = new LineReader(10_000);
      const got: string[] = [];
      let start = 0;
      for (const end of ends) {
        for (const line of reader.push(bytes.subarray(start, end))) got.push(decode(line));
        start = end;
      }
      assert.deepEqual(got, lines);
    }),
  );
});

Deno.test("LineReader passes over empty lines", () => {
  assert.deepEqual([...new LineReader(10).push(encode("\n\na\n\n"))].map(decode), ["a"]);
});

Deno.test("LineReader refuses a line that is too long, whole or not", () => {
  assert.deepEqual([...new LineReader(4).push(encode("1234\n"))].map(decode), ["1234"]);
  assert.throws(() => [...new LineReader(4).push(encode("12345\n"))], FrameTooLong);
  const reader = new LineReader(4);
  assert.deepEqual([...reader.push(encode("123"))], []);
  assert.throws(() => [...reader.push(encode("45"))], FrameTooLong);
});
