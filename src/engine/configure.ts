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
  const leaving = known.origins.map(({ id }) => id)
    .filter((id) => !wanted.origins.some((origin) => origin.id === id));
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
    const instead_of = before === undefined && leaving.length > 0 ? leaving : undefined;
    events.push({
      type: "OriginConfigured",
      v: 1,
      data: { origin: id, kind: type, root, priority, ...(instead_of && { instead_of }) },
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
  readonly instead_of: readonly string[];
}

/**
 * Which of the known origins leave, since the settings name them no more, and which others they wait for. What was named
 * in place of an origin may be that one under another name, or a slip of the pen: until a file was found there by a
 * complete scan the other stays, so that the scan finds what it needs not read, and a library is not given up for nothing.
 */
export function decideLeaving(
  known: readonly ScannedOrigin[],
  wanted: readonly Pick<OriginSettings, "id">[],
): { leaving: string[]; waiting: { id: string; unseen: string[] }[] } {
  const isWanted = (id: string) => wanted.some((origin) => origin.id === id);
  const unseen = known.filter(({ id, last_scan_at, tracks, unreadable }) =>
    isWanted(id) && (last_scan_at === null || tracks + unreadable === 0)
  );
  const gone = known.filter(({ id }) => !isWanted(id)).map(({ id }) => ({
    id,
    unseen: unseen.filter(({ instead_of }) => instead_of.includes(id)).map(({ id }) => id),
  }));
  return {
    leaving: gone.filter(({ unseen }) => unseen.length === 0).map(({ id }) => id),
    waiting: gone.filter(({ unseen }) => unseen.length > 0),
  };
}
