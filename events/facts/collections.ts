import type { TrackId } from "../../src/base/mod.ts";
import type { Fact } from "../log/event.ts";

/**
 * A collection was saved: a name for what a query finds, or for a list of tracks in their order. Exactly one of `query`
 * and `tracks` is there. Names that differ by case alone name one collection, of which the last event says what it has.
 */
export type CollectionSaved = Fact<"CollectionSaved", 1, {
  readonly name: string;
  /** The text of a query, which could be parsed when it was saved. */
  readonly query?: string;
  /** At most COLLECTION_EVENT_TRACKS; a track may be there several times. */
  readonly tracks?: readonly TrackId[];
  /** How many tracks of the list are in the events before: these go on behind them. 0 when absent: the list begins. */
  readonly from?: number;
}>;

/** The collection has another name from here on. */
export type CollectionRenamed = Fact<"CollectionRenamed", 1, {
  readonly name: string;
  readonly to: string;
}>;

export type CollectionRemoved = Fact<"CollectionRemoved", 1, { readonly name: string }>;

export type CollectionEvent = CollectionSaved | CollectionRenamed | CollectionRemoved;
