import { EXIT, shape } from "../../base/mod.ts";
import type { Failure } from "../rpc/method.ts";

const { about, count, flag, orNull, text } = shape;

export const COLLECTION_NAME = about("Its name, in any case.", text);

/** What a collection is. */
export const COLLECTION = {
  name: text,
  query: about("Null for a list of tracks, and for the duplicates.", orNull(text)),
  built_in: about("It is always there, and nobody can change it.", flag),
  saved_at: about("In ms since 1970; null for one that is always there.", orNull(count)),
};

export const NO_SUCH_COLLECTION: Failure = {
  message: 'Cannot find a collection "NAME"',
  exitCode: EXIT.notFound,
};

/** How it fails to change a collection. */
export const COLLECTION_REFUSED: Failure = {
  message: 'Cannot save (rename, remove) the collection "NAME": REASON',
  exitCode: EXIT.usage,
};

export const COLLECTIONS_OFF: Failure = {
  message: "Cannot use collections: they are turned off",
  exitCode: EXIT.failed,
};
