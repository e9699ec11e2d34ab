import type { MusicEvent } from "../../events/mod.ts";
import type { Placing, ViewRules } from "../../projections/mod.ts";
import type { Settings } from "../config/settings.ts";
import type { OriginSettings } from "../control/protocol.ts";

/** An origin in the state that the log tells. */
export interface KnownOrigin {
  readonly id: string;
  readonly kind: string;
  readonly root: string;
  readonly priority: number;
}

/**
 * The events by which the settings change what the log says. Pure, so that the same settings append nothing twice.
 * The rules for placing tracks come first, and then the views, since they place the tracks of new origins. Origins
 * whose priority becomes lower come next, from the last to the first, and then those whose priority becomes higher, from
 * the first to the last: so no two origins ever have one priority, in which case every track that they share would be
 * placed twice.
 */
export function decideConfiguration(
  known: {
    readonly origins: readonly KnownOrigin[];
    readonly placing: Placing | undefined;
    /** Undefined when it is not known whether there are views. */
    readonly views: ViewRules | undefined;
  },
  wanted: Pick<Settings, "origins" | "template" | "names" | "foldCase" | "views">,
): MusicEvent[] {
  const events: MusicEvent[] = [];
  const { template, names, foldCase: fold_case } = wanted;
  const { placing } = known;
  const isSame = placing !== undefined && placing.template === template &&
    placing.names === names && placing.fold_case === fold_case;
  if (!isSame) events.push({ type: "TemplateChanged", v: 1, data: { template, names, fold_case } });
  const views = { views: wanted.views, names, fold_case };
  const isWithout = wanted.views.length === 0 && (known.views?.views ?? []).length === 0;
  if (!isWithout && !isSameViews(known.views, views)) {
    events.push({ type: "ViewsChanged", v: 1, data: views });
  }
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

function isSameViews(known: ViewRules | undefined, wanted: ViewRules): boolean {
  const texts = ({ views }: ViewRules) =>
    JSON.stringify(views.map(({ name, match, template }) => [name, match, template]));
  return known !== undefined && known.names === wanted.names &&
    known.fold_case === wanted.fold_case && texts(known) === texts(wanted);
}

/** The results of an origin's scans that the log has. */
export interface ScannedOrigin {
  readonly id: string;
  readonly last_scan_at: number | null;
  readonly tracks: number;
  readonly unreadable: number;
  readonly instead_of: readonly string[];
}

/**
 * Decides which known origins leave because the settings no longer name them, and which new origins they wait for. A
 * new origin may be an old one under another name, or a mistyped path. Until a complete scan has found a file there,
 * the old origin stays: so the scan recognises files that need not be read, and no library is given up for a mistake.
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
