import { coloured } from "../base/mod.ts";
import { printable } from "./output.ts";

/** A text with the parts marked that match, for a terminal. They ascend, in code units of UTF-16; `to` is exclusive. */
export function highlighted(
  text: string,
  parts: readonly { readonly from: number; readonly to: number }[],
): string {
  let shown = "";
  let at = 0;
  for (const { from, to } of parts) {
    shown += printable(text.slice(at, from));
    shown += coloured(Deno.stdout, "bold", printable(text.slice(from, to)));
    at = to;
  }
  return shown + printable(text.slice(at));
}
