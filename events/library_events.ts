import type { Fact } from "./event.ts";

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

export type LibraryEvent = TemplateChanged;
