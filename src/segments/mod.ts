/**
 * Recipes: what the bytes of a file are, as a list of segments whose lengths sum to its size. A segment is bytes that
 * stand in the recipe (a header that was made), a range of one version of an origin's file (the sound behind it), or a
 * range of an object in the store (a picture). `Recipe` finds the segment of a position; `readRecipe` reads over as many
 * of them as a read touches, by a function that reads from one file or object, and waits for those that it must wait for.
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
