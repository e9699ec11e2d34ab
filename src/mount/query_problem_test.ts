import assert from "node:assert/strict";
import { UserError } from "../base/mod.ts";
import { queryProblem } from "./query_problem.ts";

function problem(text: string, at: number): string | undefined {
  const place = { text, at, expected: "more" };
  return queryProblem(new UserError("Cannot read it", { place, hint: "help is there" }));
}

Deno.test("queryProblem() shows the query with a caret below the place", () => {
  assert.equal(
    problem("artist: x", 7),
    "Cannot read it\n\n  artist: x\n         ^\n\nhelp is there\n",
  );
  assert.equal(problem("", 0), "Cannot read it\n\n  \n  ^\n\nhelp is there\n");
});

Deno.test("queryProblem() counts characters as they are shown", () => {
  const caretOf = (text: string, at: number) => problem(text, at)!.split("\n")[3];
  assert.equal(caretOf("東京 )", 3), "  \u3000\u3000 ^", "wide ones");
  assert.equal(caretOf("\u{1d11e} )", 2), "    ^", "one of two code units");
  assert.equal(caretOf("a\tb)", 3), "      ^", "a tab is written as two");
  assert.ok(!problem("a\x1b[31m )", 7)!.includes("\x1b"));
});

Deno.test("queryProblem() is for queries alone", () => {
  assert.equal(queryProblem(new UserError("Cannot start")), undefined);
  assert.equal(queryProblem(new Error("crashed")), undefined);
});
