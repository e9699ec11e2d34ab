import { shape } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";
import { facetDirectory } from "./_facet_directory.ts";

const { count, object, orNull, text } = shape;

export const facetsFind = method({
  name: "facets.find",
  summary: "The number of a name in a directory of tracks by their facets.",
  served: "engine",
  params: { directory: facetDirectory, name: text },
  result: object({ number: orNull(count) }),
});
