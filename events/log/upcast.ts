import { LogCorrupt, LogFromNewerVersion } from "./errors.ts";
import type { MusicEvent } from "./event_log.ts";
import type { Vocabulary } from "../vocabulary.ts";

/** Lifts the payload of one old shape to the next version of the same event. Must not change its input. */
export interface Upcaster {
  readonly type: string;
  /** The version it takes; it gives `v + 1`. */
  readonly v: number;
  readonly lift: (data: never) => unknown;
}

/** An event as it was written, by whichever version of the program. */
export interface WrittenEvent {
  readonly type: string;
  readonly v: number;
  readonly data: unknown;
  /** Whether a program that does not know the type, or the version, may pass over the event; false when absent. */
  readonly passable?: boolean;
}

/**
 * Lifts an event to the newest shape and checks it; undefined for one that the vocabulary doesn't have and that says that it
 * may be passed over.
 *
 * @throws LogFromNewerVersion for another type or version that the vocabulary doesn't have.
 * @throws LogCorrupt when the payload has not the shape its type and version promise.
 */
export function upcast(
  written: WrittenEvent,
  seq: number,
  vocabulary: Vocabulary,
): MusicEvent | undefined {
  const { type } = written;
  const known = Object.hasOwn(vocabulary.events, type) ? vocabulary.events[type] : undefined;
  if (written.passable === true && !(known !== undefined && written.v <= known.v)) return undefined;
  if (known === undefined) throw new LogFromNewerVersion(`event ${seq} is a '${type}'`);
  if (written.v > known.v) {
    throw new LogFromNewerVersion(
      `event ${seq} is a '${type}' of version ${written.v}, this program reads up to ${known.v}`,
    );
  }
  let data = written.data;
  for (let v = written.v; v < known.v; v++) {
    const upcaster = vocabulary.upcasters.find((each) => each.type === type && each.v === v);
    if (upcaster === undefined) {
      throw new LogCorrupt(`event ${seq} is a '${type}' of version ${v}, which never existed`);
    }
    data = upcaster.lift(data as never);
  }
  const problem = known.check(data);
  if (problem !== null) throw new LogCorrupt(`event ${seq}, a '${type}': data${problem}`);
  return { type, v: known.v, data } as MusicEvent;
}
