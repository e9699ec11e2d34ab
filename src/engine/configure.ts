import type { MusicEvent } from "../../events/mod.ts";
import type { Placing } from "../../projections/mod.ts";
import type { Settings } from "../config/settings.ts";
import type { OriginSettings } from "../control/protocol.ts";

/** An origin as the log knows it. */
export interface KnownOrigin {
  readonly id: string;
  readonly kind: string;
  readonly root: string;
  readonly priority: number;
}

/**
 * What the settings change about what the log says: pure, so that the same settings append nothing twice.
 * What places tracks comes first, since those that are found later are placed by it. Origins that are asked later than
 * before come from the last to the first, then those asked sooner from the first to the last: so no two are of one
 * priority for a moment, and change places with every track that they share.
 */
export function decideConfiguration(
  known: { readonly origins: readonly KnownOrigin[]; readonly placing: Placing | undefined },
  wanted: Pick<Settings, "origins" | "template" | "names" | "foldCase">,
): MusicEvent[] {
  const events: MusicEvent[] = [];
  const { template, names, foldCase: fold_case } = wanted;
  const { placing } = known;
  const isSame = placing !== undefined && placing.template === template &&
    placing.names === names && placing.fold_case === fold_case;
  if (!isSame) events.push({ type: "TemplateChanged", v: 1, data: { template, names, fold_case } });
  const knownAs = ({ id }: OriginSettings) => known.origins.find((origin) => origin.id === id);
  const isSooner = (origin: OriginSettings) => origin.priority < (knownAs(origin)?.priority ?? 0);
  const ascending = wanted.origins.toSorted((a, b) => a.priority - b.priority);
  const later = ascending.filter((origin) => !isSooner(origin)).reverse();
  for (const origin of [...later, ...ascending.filter(isSooner)]) {
    const before = knownAs(origin);
    if (
      before !== undefined && before.kind === origin.type && before.root === origin.root &&
      before.priority === origin.priority
    ) continue;
    const { id, type, root, priority } = origin;
    events.push({
      type: "OriginConfigured",
      v: 1,
      data: { origin: id, kind: type, root, priority },
    });
  }
  return events;
}

/** What is known of an origin's scans. */
export interface ScannedOrigin {
  readonly id: string;
  readonly last_scan_at: number | null;
  readonly tracks: number;
  readonly unreadable: number;
}

/**
 * Which of the known origins leave, since the settings name them no more, and which others they wait for. An origin that
 * was never seen with a file in it may be one of them under another name, or a slip of the pen: until it was scanned
 * nobody leaves, so that its scan finds what it needs not read, and a library is not given up for nothing.
 */
export function decideLeaving(
  known: readonly ScannedOrigin[],
  wanted: readonly Pick<OriginSettings, "id">[],
): { leaving: string[]; unseen: string[] } {
  const leaving = known.map(({ id }) => id)
    .filter((id) => !wanted.some((origin) => origin.id === id));
  const unseen = wanted.map(({ id }) => id).filter((id) => {
    const origin = known.find((origin) => origin.id === id);
    return origin === undefined || origin.last_scan_at === null ||
      origin.tracks + origin.unreadable === 0;
  });
  return { leaving, unseen };
}
