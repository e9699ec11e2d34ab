import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";
import { facetDirectory } from "./_facet_directory.ts";

const { about, count, integer, list, object, text } = shape;

export const facetsEntries = method({
  name: "facets.entries",
  summary: "Names in a directory of tracks by their facets, ascending by number.",
  served: "engine",
  params: {
    directory: facetDirectory,
    after: about("Those above this number; all of them above -1.", integer),
    limit: about("At most so many; fewer are the last.", count),
  },
  result: list(object({ number: about("A value, or the node of a track.", count), name: text })),
});
