import { shape } from "../../base/mod.ts";
import { method, type ResultOf } from "../rpc/method.ts";

const { about, flag, object, orNull, seq, text } = shape;

export type VerifyResult = ResultOf<typeof eventsVerify>;

export const eventsVerify = method({
  name: "events.verify",
  summary: "Compares what is served with what the log says.",
  served: "through",
  params: {},
  result: object({
    identical: flag,
    events: about("Position up to which the log was folded.", seq),
    difference: about(
      "Table, key and both values of the first row that differs, in one line.",
      orNull(text),
    ),
  }),
});
