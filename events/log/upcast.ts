import { LogCorrupt, LogFromNewerVersion } from "./errors.ts";
import type { MusicEvent } from "./event_log.ts";
import type { Vocabulary } from "../vocabulary.ts";

/** Converts the payload of an event's old version to the next version. Must not change its input. */
export interface Upcaster {
  readonly type: string;
  /** The version that it takes; the result has `v + 1`. */
  readonly v: number;
  readonly lift: (data: never) => unknown;
}

/** An event as it was written, by whichever version of the program. */
export interface WrittenEvent {
  readonly type: string;
  readonly v: number;
  readonly data: unknown;
  /** Whether a program that does not know the type or the version may pass over the event; false when absent. */
  readonly passable?: boolean;
}

/**
 * Converts an event to its newest version and checks it. Returns undefined for an event that the vocabulary does not
 * have and that may be passed over.
 *
 * @throws LogFromNewerVersion for any other type or version that the vocabulary does not have.
 * @throws LogCorrupt when the payload does not have the shape of its type and version.
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
