import type { Fact } from "./event.ts";

/** The template that places tracks in the tree was set; every track is placed anew. */
export type TemplateChanged = Fact<"TemplateChanged", 1, { readonly template: string }>;

export type LibraryEvent = TemplateChanged;
