import type { DatabaseSync } from "node:sqlite";
import { parseMatch } from "../../src/query/mod.ts";
import type { TrackMatcher } from "../tree/views.ts";
import { Planner } from "./_search_plan.ts";
import { SearchedTracks } from "./_searched_track.ts";

/**
 * Tells which tracks match a query of `parseMatch`, from their facts, without the index of the search.
 *
 * @throws QueryError for another text.
 */
export function trackMatcher(db: DatabaseSync, match: string): TrackMatcher {
  // No part of such a query is reckoned from the present.
  const { test } = new Planner().plan(parseMatch(match), { now: 0 });
  const tracks = new SearchedTracks(db);
  return (state, details) => test(tracks.of(state, details));
}
