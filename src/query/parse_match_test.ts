import assert from "node:assert/strict";
import { parseMatch } from "./parse_match.ts";
import { parseQuery } from "./parse_query.ts";
import { QueryError } from "./query_error.ts";

Deno.test("parseMatch() takes conditions on tags, the sound and where the file lies", () => {
  for (
    const text of [
      "genre:classical",
      "missing:genre",
      "bach -live (genre:baroque OR composer:bach*)",
      "year:1960..1969 bitrate:>320k format:flac origin:nas path:demos",
      '"my field:x" date:1994-03 size:>1MB plays_of_mine:3',
    ]
  ) assert.deepEqual(parseMatch(text), parseQuery(text).where, text);
  assert.equal(parseMatch(""), null);
});

Deno.test("parseMatch() refuses what changes by itself, and an order and a limit, with the place", () => {
  for (
    const [text, at] of [
      ["jazz played:never", 5],
      ["-(a OR plays:>3)", 7],
      ["added:2026-01", 0],
      ["jazz added:<30d", 5],
      ["-missing:played", 1],
      ["modified:2026-01", 0],
      ["jazz sort:year", 5],
      ["limit:5 jazz", 0],
      ["year:x", 5],
    ] as const
  ) {
    assert.throws(() => parseMatch(text), (error: QueryError) => {
      assert.ok(error instanceof QueryError, text);
      assert.equal(error.at, at, text);
      return true;
    });
  }
});
