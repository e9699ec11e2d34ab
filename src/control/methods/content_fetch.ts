import { type ErrnoName, type Shape, shape, type ShapeOf } from "../../base/mod.ts";
import { method, type ResultOf } from "../rpc/method.ts";
import { FILE_RANGE } from "./_file_range.ts";

const { about, anyOf, count, list, object, seq, text } = shape;

const SHARED_BYTES = object({
  from: count,
  to: count,
  fd: about("Descriptor of the engine's process.", count),
  name: about("Tells the memory from another that may have taken its number since.", text),
  base: about("Offset in the file of the first byte of that memory.", count),
});

/** Bytes `from` to `to` (exclusive) of a file, in memory that the engine shares with the mount. */
export type SharedBytes = ShapeOf<typeof SHARED_BYTES>;
/**
 * Whether the bytes are at hand, or why not. The bytes that `shared` does not cover are stored; the tree knows them
 * once it is at `last_seq`.
 */
export type FetchReply = ResultOf<typeof contentFetch>;

export const contentFetch = method({
  name: "content.fetch",
  summary:
    "Has bytes of a file's version at hand, in memory that the engine shares or in the store; " +
    "answers within READ_DEADLINE_MS.",
  served: "engine",
  params: FILE_RANGE,
  result: anyOf(
    object({ pid: count, shared: list(SHARED_BYTES), last_seq: seq }),
    object({ errno: text as Shape<ErrnoName>, message: text }),
  ),
});
