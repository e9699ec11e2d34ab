import { utcDay } from "../../projections/catalog/transfers.ts";
import {
  type CachePlaces,
  CacheQueries,
  dedupRatio,
} from "../../projections/read/cache_queries.ts";
import { LibraryQueries } from "../../projections/read/library_queries.ts";
import { laterSeq, LOG_START, type Seq, VERSION } from "../base/mod.ts";
import type { Settings } from "../config/settings.ts";
import type {
  CacheWork,
  MountStatus,
  OriginFigures,
  OriginStatus,
  ScanStatus,
  Status,
} from "../control/protocol.ts";

export interface StatusSources {
  readonly places: CachePlaces;
  readonly mount: MountStatus | undefined;
  readonly detached: Status["detached"];
  readonly build: Status["build"];
  readonly engine: Status["engine"];
  readonly scan: ScanStatus;
  readonly lastSeq: Seq;
  readonly settings: Pick<
    Settings,
    "stateDir" | "cacheSizeBytes" | "metadataSizeBytes" | "origins"
  >;
  /** The figures that the engine last reported for each remote origin; empty before its first report. */
  readonly figures: readonly OriginFigures[];
  readonly cacheWork: CacheWork | null;
  /** Reads of content that is no local file since the mount began: answered from the cache, or not. */
  readonly reads: { readonly hits: number; readonly misses: number };
}

/** Puts together the answer to `status`, from what the mount knows and what the projections say at this moment. */
export function composeStatus(sources: StatusSources): Status {
  const queries = LibraryQueries.open(sources.places.library);
  const content = CacheQueries.open(sources.places);
  try {
    return {
      version: VERSION,
      state_dir: sources.settings.stateDir,
      mounts: sources.mount === undefined ? [] : [sources.mount],
      detached: sources.detached,
      build: sources.build,
      library: queries?.totals() ?? { tracks: 0, albums: 0, artists: 0, bytes: 0, unreadable: 0 },
      scan: sources.scan,
      origins: queries === undefined ? [] : origins(sources, queries),
      cache: cache(sources, queries, content),
      events: {
        last_seq: laterSeq(sources.lastSeq, queries?.checkpoint() ?? LOG_START),
        cache_last_seq: content?.checkpoint() ?? LOG_START,
      },
      memory: {
        mount_rss_bytes: residentBytes("self"),
        engine_rss_bytes: sources.engine.pid === null ? 0 : residentBytes(sources.engine.pid),
      },
      engine: sources.engine,
    };
  } finally {
    queries?.close();
    content?.close();
  }
}

function origins(
  sources: StatusSources,
  queries: LibraryQueries,
): OriginStatus[] {
  return queries.origins().filter(({ configured }) => configured).map((row) => {
    const { id } = row;
    const figures = sources.figures.find((figures) => figures.id === id);
    const settings = sources.settings.origins.find((settings) => settings.id === id);
    return {
      id,
      type: row.kind,
      root: row.root,
      priority: row.priority,
      health: row.health,
      reason: row.reason,
      tracks: row.tracks,
      last_scan_at: row.last_scan_at,
      held_removals: row.held_missing,
      latency_ms: figures?.latency_ms ?? null,
      egress: {
        ...(figures === undefined ? loggedEgress(queries, id) : {
          today_bytes: figures.today_bytes,
          total_bytes: figures.total_bytes,
        }),
        daily_budget_bytes: settings?.dailyBudget ?? null,
      },
    };
  });
}

/** Bytes fetched from an origin as the log has them: a little less than a running engine knows. */
function loggedEgress(queries: LibraryQueries, origin: string) {
  const logged = queries.listening.transfers(origin);
  const isToday = logged?.utc_day === utcDay(Date.now());
  return {
    today_bytes: isToday ? logged.day_bytes : 0,
    total_bytes: logged?.total_bytes ?? 0,
  };
}

function cache(
  { settings, cacheWork, reads: { hits, misses } }: StatusSources,
  queries: LibraryQueries | undefined,
  content: CacheQueries | undefined,
): Status["cache"] {
  const totals = content?.totals();
  return {
    bytes: totals?.bytes ?? 0,
    limit_bytes: settings.cacheSizeBytes,
    chunks: totals?.chunks ?? 0,
    hits,
    misses,
    hit_rate: hits + misses === 0 ? 0 : hits / (hits + misses),
    dedup_ratio: totals === undefined ? 0 : dedupRatio(totals),
    metadata_bytes: totals?.metadata_bytes ?? 0,
    metadata_limit_bytes: settings.metadataSizeBytes,
    pinned_tracks: queries?.listening.pinnedTracks() ?? 0,
    work: cacheWork,
  };
}

/** The resident memory of a process in bytes, 0 when the process is gone (proc(5), `VmRSS` in KiB). */
function residentBytes(pid: number | "self"): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
