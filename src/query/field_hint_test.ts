import assert from "node:assert/strict";
import { fieldHint, parseQuery } from "./mod.ts";

Deno.test("fieldHint: a field that is nearly called like a known one may mean that", () => {
  for (
    const [query, meant] of [
      ["artits:abba", "artist"],
      ["abba -(x OR NOT yaer:1980..1989)", "year"],
      ["gnere:>3 jazz", "genre"],
      ["artist:abba year:1980 jazz", undefined],
      ["ripped_by:me", undefined],
      ["", undefined],
    ] as const
  ) {
    const hint = fieldHint(parseQuery(query));
    assert.equal(/did you mean (\w+):/.exec(hint ?? "")?.[1], meant, query);
  }
});
