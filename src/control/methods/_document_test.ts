import assert from "node:assert/strict";
import { controlDocument } from "./_document.ts";

Deno.test("the document says of each method what it takes, what it answers and which process serves it", () => {
  const { openrpc, methods } = controlDocument();
  assert.match(openrpc, /^1\./);
  const found = methods.find(({ name }) => name === "origin.rescan");
  assert.deepEqual({ ...found, result: null }, {
    name: "origin.rescan",
    summary: "Looks for changes on origins: on those that are named, or on all.",
    paramStructure: "by-name",
    params: [
      { name: "id", description: "An origin.", required: false, schema: { type: "string" } },
      {
        name: "ids",
        description: "Origins, besides `id`.",
        required: false,
        schema: { type: "array", items: { type: "string" } },
      },
      {
        name: "full",
        description: "Read every file again, changed or not.",
        required: false,
        schema: { type: "boolean" },
      },
      {
        name: "wait",
        description: "Answer when the scans are done, and not when they are asked for.",
        required: false,
        schema: { type: "boolean" },
      },
    ],
    result: null,
    errors: [
      { code: -32602, message: "Invalid params" },
      { code: -32000, message: "Cannot find an origin 'ID'", data: { hint: null, exit_code: 4 } },
    ],
    "x-served-by": "engine",
  });
  for (const { params } of methods) {
    const required = params.map(({ required }) => required);
    assert.deepEqual(required, [...required].sort((a, b) => Number(b) - Number(a)));
  }
});
