import assert from "node:assert/strict";
import { cFunctions } from "./_c_functions.ts";

/** Begins a read from an empty pipe into a buffer that nobody holds, collects garbage, and says what became of it. */
const CHILD = `
import { cFunctions } from "${new URL("./_c_functions.ts", import.meta.url)}";
const libc = cFunctions({
  pipe: { parameters: ["buffer"], result: "i32" },
  write: { parameters: ["i32", "buffer", "u32"], result: "i32" },
  read: { parameters: ["i32", "buffer", "u32"], result: "i32", nonblocking: true },
});
const ends = new Int32Array(2);
libc.pipe(new Uint8Array(ends.buffer));
let isFreed = false;
const registry = new FinalizationRegistry(() => isFreed = true);
const begin = () => {
  const buffer = new Uint8Array(65_536);
  registry.register(buffer, undefined);
  return libc.read(ends[0], buffer, 1);
};
const reading = begin();
const collect = async () => {
  for (let i = 0; i < 5; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve));
  }
};
await collect();
const before = isFreed;
libc.write(ends[1], new Uint8Array(1), 1);
const count = await reading;
await collect();
console.log(JSON.stringify({ before, count, after: isFreed }));
`;

Deno.test("cFunctions: a buffer that another thread uses is kept until its call is over, and no longer", async () => {
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--v8-flags=--expose-gc", CHILD],
  }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const told = JSON.parse(new TextDecoder().decode(stdout));
  assert.deepEqual(told, { before: false, count: 1, after: true });
});

Deno.test("cFunctions: a call that fails to begin rejects", async () => {
  const { read } = cFunctions({
    read: { parameters: ["i32", "buffer", "u32"], result: "i32", nonblocking: true },
  });
  await assert.rejects(() => read("x" as unknown as number, new Uint8Array(1), 1), TypeError);
});
