import { FACETS, shape } from "../../base/mod.ts";

const { count, list, object, oneOf, orNull } = shape;

const facet = oneOf(...FACETS);

/** A directory of the values of a facet, or (null) of tracks, and what these tracks have in common. */
export const facetDirectory = object({
  facet: orNull(facet),
  wanted: list(object({ facet, value: count })),
});
