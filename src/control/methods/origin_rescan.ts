import { shape, type ShapeOf } from "../../base/mod.ts";
import { method, NO_SUCH_ORIGIN } from "../rpc/method.ts";
import { SCAN_SUMMARY } from "./_scan_summary.ts";

const { about, flag, list, optional, text } = shape;

export type ScanSummary = ShapeOf<typeof SCAN_SUMMARY>;

export const originRescan = method({
  name: "origin.rescan",
  summary: "Looks for changes on origins: on those that are named, or on all.",
  served: "through",
  params: {
    id: about("An origin.", optional(text)),
    ids: about("Origins, besides `id`.", optional(list(text))),
    full: about("Read every file again, changed or not.", optional(flag)),
    wait: about("Answer when the scans are done, and not when they are asked for.", optional(flag)),
  },
  result: about("None when the scans were not waited for.", list(SCAN_SUMMARY)),
  failures: [NO_SUCH_ORIGIN],
});
