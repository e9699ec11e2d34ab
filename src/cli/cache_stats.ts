import { formatBytes, formatCount, plural, UserError } from "../base/mod.ts";
import type { Status } from "../control/protocol.ts";
import { type CacheFigures, cacheFigures, type CacheLimits } from "./cache_figures.ts";
import { statusWorkText } from "./cache_work_text.ts";
import type { Context, Invocation } from "./context.ts";
import { findChunks } from "./found_chunks.ts";
import { statusOfDaemon } from "./daemon.ts";
import { withLibrary } from "./library.ts";
import { originStatuses } from "./origin_list.ts";
import { fields, printable, table } from "./output.ts";
import { readToday } from "./origin_table.ts";

/** `musicfs cache stats`: the state on the disk, with or without a daemon. */
export async function cacheStats({ context }: Invocation): Promise<void> {
  const status = await statusOfDaemon(context);
  const origins = await originStatuses(context, status);
  const limits = status?.cache ?? await limitsOf(context);
  const found = await findChunks(context);
  const figures = withLibrary(
    context,
    (library, content) => cacheFigures(library, content, { status, limits, origins, found }),
  );
  context.output.print(figures, () => human(figures, status));
}

/**
 * The limits of the cache; null when the configuration is broken, which need not keep anybody from looking at the
 * cache.
 */
async function limitsOf(context: Context): Promise<CacheLimits> {
  try {
    const { settings: { cacheSizeBytes, metadataSizeBytes } } = await context.settings();
    return { limit_bytes: cacheSizeBytes, metadata_limit_bytes: metadataSizeBytes };
  } catch (error) {
    if (error instanceof UserError) return { limit_bytes: null, metadata_limit_bytes: null };
    throw error;
  }
}

function human(figures: CacheFigures, status: Status | undefined): string {
  const { bytes, metadata_bytes, provisional_bytes, chunks, dedup_ratio, pinned_tracks, pins } =
    figures;
  const work = status && statusWorkText(status);
  const facts = fields([
    ["content", of(bytes - metadata_bytes, figures.limit_bytes)],
    ["metadata", of(metadata_bytes, figures.metadata_limit_bytes)],
    ...provisional_bytes === 0 ? [] : [
      [
        "provisional",
        `${formatBytes(provisional_bytes)}, to be compared with the origin`,
      ] as const,
    ],
    ["chunks", formatCount(chunks)],
    ...chunks === 0 ? [] : [["dedup ratio", dedup_ratio.toFixed(2)] as const],
    ["reads", readsText(figures)],
    ["pinned", plural(pinned_tracks, "track")],
    ...work === undefined ? [] : [["now", work] as const],
  ]);
  const origins = figures.origins.filter(({ type, stored_files }) =>
    type !== "local" || stored_files > 0
  ).map(({ id, type, stored_files, stored_bytes, egress }) => [
    id,
    type,
    stored_files,
    formatBytes(stored_bytes),
    readToday({ type, egress }),
    formatBytes(egress.total_bytes),
  ]);
  const pinned = pins.map(({ query, tracks, bytes, at_hand_bytes }) => [
    printable(query),
    tracks,
    of(at_hand_bytes, bytes),
  ]);
  const headings = ["ORIGIN", "TYPE", "FILES", "STORED", "READ TODAY", "READ EVER"];
  return [
    facts,
    ...origins.length === 0 ? [] : [table(headings, origins)],
    ...pinned.length === 0 ? [] : [table(["PIN", "TRACKS", "AT HAND"], pinned)],
  ].join("\n\n");
}

function of(bytes: number, limit: number | null): string {
  return formatBytes(bytes) + (limit === null ? "" : ` of ${formatBytes(limit)}`);
}

function readsText({ hits, misses, hit_rate }: CacheFigures): string {
  if (hits === null || misses === null || hit_rate === null) {
    return "unknown, since no daemon is running";
  }
  if (hits + misses === 0) return "none yet";
  return `${Math.round(hit_rate * 100)} % from the cache, ${plural(hits, "hit")}, ` +
    plural(misses, "miss", "misses");
}
