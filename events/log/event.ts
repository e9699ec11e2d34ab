import type { Seq } from "../../src/base/mod.ts";

/** The fields that the log adds to a fact when it is appended: every stored event has them. */
export interface Envelope {
  /** Position in the log: from 1 up, ascending, with gaps. */
  readonly seq: Seq;
  /** When it was appended, ms since the epoch. */
  readonly at: number;
}

/** A fact: a name in the past tense, the version of its shape, and its payload. */
export interface Fact<Type extends string, Version extends number, Data> {
  readonly type: Type;
  readonly v: Version;
  readonly data: Data;
}
