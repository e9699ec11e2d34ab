/**
 * Recipes: what the bytes of a file are, as a list of segments whose lengths sum to its size. A segment is bytes that
 * stand in the recipe (a header that was made), a range of one version of an origin's file (the sound behind it), or a
 * range of an object in the store (a picture). `Recipe` finds the segment of a position; `readRecipe` reads over as many
 * of them as a read touches, by a function that reads from one file or object, and waits for those that it must wait for.
 *
 * An object is one chunk of the content store, and what has more bytes is several: a cover of 1 MB is five segments. A
 * recipe promises nothing of its objects: a chunk stays in the store for as long as a part of some manifest names it
 * (`ChunksStored`), within the limits of the cache like any other. So whoever makes objects stores them as parts, and
 * makes them again when they were evicted: a segment may say how (`again`). Otherwise reading one is EIO then, as reading
 * a file is whose origin is away.
 *
 * A track as it lies on its origin is one segment, all of one file. It is not written down as a recipe: the reader of its
 * file is what `readRecipe` would call, and only such a track is passed through.
 *
 * @module
 */
export type { PendingRead } from "./pending_read.ts";
export { readRecipe, type ReadSegment } from "./read_recipe.ts";
export {
  type FileSegment,
  type InlineSegment,
  type ObjectSegment,
  Recipe,
  type Segment,
} from "./recipe.ts";
