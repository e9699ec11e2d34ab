import { type ErrnoName, type Shape, shape, type ValuesOf } from "../../base/mod.ts";
import { method, type ResultOf } from "../rpc/method.ts";
import { FILE_RANGE } from "./_file_range.ts";

const { about, anyOf, contentVersion, count, nodeId, object, text } = shape;

const WANTED = {
  node: about("The node of the smaller cover, by which it is stored.", nodeId),
  version: about("The version of the cover that it is made of.", contentVersion),
  pixels: about("The longer side that it is to have.", count),
  source: about("Where the cover lies.", object(FILE_RANGE)),
};

/** A cover that is to be made smaller. */
export type WantedCover = ValuesOf<typeof WANTED>;
/** The chunk in the store that is the smaller cover; or why the cover can't be made smaller; or why not now. */
export type ResizeReply = ResultOf<typeof coverResize>;

export const coverResize = method({
  name: "cover.resize",
  summary: "Has a cover at hand in a smaller size: a JPEG that is one chunk in the store.",
  served: "engine",
  params: WANTED,
  result: anyOf(
    object({ hash: text, size: count }),
    object({ unfit: text }),
    object({ errno: text as Shape<ErrnoName>, message: text }),
  ),
});
