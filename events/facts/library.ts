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

/** These tracks are to be kept, even when space is needed. `query` is what the person asked for. */
export type TracksPinned = Fact<"TracksPinned", 1, {
  readonly query: string;
  readonly tracks: readonly TrackId[];
}>;

export type TracksUnpinned = Fact<"TracksUnpinned", 1, {
  readonly query: string;
  readonly tracks: readonly TrackId[];
}>;

export type LibraryEvent = TemplateChanged | TracksPinned | TracksUnpinned;
