import assert from "node:assert/strict";
import { selfCommand } from "./self.ts";

Deno.test("selfCommand() runs this very program", async () => {
  const [program, args] = selfCommand(["version"], { v8Flags: ["--max-lazy"] });
  assert(args.includes("--v8-flags=--max-lazy"));
  const { code, stdout } = await new Deno.Command(program, { args }).output();
  assert.equal(code, 0);
  assert.match(new TextDecoder().decode(stdout), /^musicfs \d/);
});
