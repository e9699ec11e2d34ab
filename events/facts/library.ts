import type { TrackId } from "../../src/base/mod.ts";
import type { Fact } from "../log/event.ts";

/** Which systems can show the names of the tree. */
export type NamesFor = "linux" | "windows";

/** What places tracks in the tree was set; every track is placed anew. */
export type TemplateChanged = Fact<"TemplateChanged", 1, {
  readonly template: string;
  /** `linux` when absent. */
  readonly names?: NamesFor;
  /** Directories whose names differ by case alone are one; false when absent. */
  readonly fold_case?: boolean;
}>;

/** These tracks are to be kept, whatever space is needed for; `query` is how they were asked for. */
export type TracksPinned = Fact<"TracksPinned", 1, {
  readonly query: string;
  readonly tracks: readonly TrackId[];
}>;

export type TracksUnpinned = Fact<"TracksUnpinned", 1, {
  readonly query: string;
  readonly tracks: readonly TrackId[];
}>;

export type LibraryEvent = TemplateChanged | TracksPinned | TracksUnpinned;
