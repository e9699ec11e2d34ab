import assert from "node:assert/strict";
import { DETAIL_KINDS } from "../../base/mod.ts";
import { commonNames } from "./common_names.ts";

Deno.test("every common name is one of a track or of a detail, and templates know it", () => {
  const ofTrack =
    "title artist artists albumartist album track totaltracks disk totaldiscs date year genre composer " +
    "compilation";
  for (const name of commonNames()) {
    assert.ok(ofTrack.split(" ").includes(name) || DETAIL_KINDS.has(name), name);
  }
});
