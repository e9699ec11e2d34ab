import { shape } from "../../base/mod.ts";
import { method, type ResultOf } from "../rpc/method.ts";

const { about, count, number, object, seq } = shape;

export type ReplayResult = ResultOf<typeof eventsReplay>;

export const eventsReplay = method({
  name: "events.replay",
  summary: "Builds the library anew from the log, while the old one serves.",
  served: "through",
  params: {},
  result: object({
    events: about("Position up to which the log was folded.", seq),
    files: count,
    duration_ms: number,
  }),
});
