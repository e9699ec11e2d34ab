import {
  type Collection,
  type CollectionContent,
  CollectionReader,
} from "../../projections/mod.ts";
import { UserError } from "../base/mod.ts";
import type { Context } from "./context.ts";
import { withLibrary } from "./library.ts";

/** Does work with the collections of the library, with and without a daemon. */
export async function withCollections<T>(
  context: Context,
  work: (collections: CollectionReader) => T,
): Promise<T> {
  await requireCollections(context);
  return withLibrary(context, (library) => work(new CollectionReader(library.connection)));
}

/** Throws UserError when collections are turned off. */
export async function requireCollections(context: Context): Promise<void> {
  const { settings: { smartCollections } } = await context.settings();
  if (smartCollections) return;
  throw new UserError("Cannot use collections: they are turned off", {
    hint: "features.smart_collections in the configuration turns them on",
  });
}

/** A collection of a name, with at most `most` of its tracks. Throws UserError when there is none. */
export function collectionWith(
  reader: CollectionReader,
  name: string,
  most: number,
): { collection: Collection; content: CollectionContent } {
  const collection = reader.named(name);
  return { collection, content: reader.content(collection, most) };
}

/** What a collection is made of, in a word for people. */
export function madeOf({ query, builtIn }: Collection): string {
  return query ?? (builtIn ? "tracks with the same sound" : "a list of tracks");
}
