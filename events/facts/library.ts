import type { TrackId } from "../../src/base/mod.ts";
import type { Fact } from "../log/event.ts";

/** The systems that must be able to show the names of the tree. */
export type NamesFor = "linux" | "windows";

/** The rules that place tracks in the tree were set. Every track is placed again. */
export type TemplateChanged = Fact<"TemplateChanged", 1, {
  readonly template: string;
  /** `linux` when absent. */
  readonly names?: NamesFor;
  /** Whether directories whose names differ by case alone are one; false when absent. */
  readonly fold_case?: boolean;
}>;

/** A tree beside the tree: the tracks that a query matches, by a template of its own. */
export interface ViewFacts {
  /** The name of its directory. */
  readonly name: string;
  /** A query about the track's file and tags alone; all tracks match when it is empty. */
  readonly match: string;
  readonly template: string;
}

/** These are the views from now on, in place of those before. */
export type ViewsChanged = Fact<"ViewsChanged", 1, {
  readonly views: readonly ViewFacts[];
  /** As in {@link TemplateChanged}. */
  readonly names: NamesFor;
  readonly fold_case: boolean;
}>;

/** These tracks are to be kept, even when space is needed. `query` is what the person asked for. */
export type TracksPinned = Fact<"TracksPinned", 1, {
  readonly query: string;
  readonly tracks: readonly TrackId[];
}>;

export type TracksUnpinned = Fact<"TracksUnpinned", 1, {
  readonly query: string;
  readonly tracks: readonly TrackId[];
}>;

export type LibraryEvent = TemplateChanged | ViewsChanged | TracksPinned | TracksUnpinned;
