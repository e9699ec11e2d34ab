import { LibraryQueries } from "../../projections/mod.ts";
import { VERSION } from "../base/mod.ts";
import type { MountStatus, OriginStatus, ScanStatus, Status } from "../control/protocol.ts";
import type { EngineState } from "./supervisor.ts";

/** No scan is running. */
export const NO_SCAN: ScanStatus = {
  running: false,
  origin: null,
  listed: 0,
  read: 0,
  per_second: 0,
  eta_ms: null,
};

export interface StatusSources {
  readonly libraryDirectory: string;
  readonly mount: MountStatus | undefined;
  readonly engine: EngineState;
  readonly scan: ScanStatus;
  readonly lastSeq: number;
  readonly cacheLimitBytes: number;
}

/** What `musicfs status` says, from what the mount knows and the projections say at this moment. */
export function statusOf(sources: StatusSources): Status {
  const queries = LibraryQueries.open(sources.libraryDirectory);
  try {
    return {
      version: VERSION,
      mounts: sources.mount === undefined ? [] : [sources.mount],
      library: queries?.totals() ?? { tracks: 0, albums: 0, artists: 0, bytes: 0, unreadable: 0 },
      scan: sources.scan,
      origins: queries === undefined ? [] : origins(queries),
      cache: {
        bytes: 0,
        limit_bytes: sources.cacheLimitBytes,
        chunks: 0,
        hits: 0,
        misses: 0,
        hit_rate: 0,
        dedup_ratio: 0,
      },
      events: { last_seq: Math.max(sources.lastSeq, queries?.checkpoint() ?? 0) },
      memory: {
        mount_rss_bytes: residentBytes("self"),
        engine_rss_bytes: sources.engine.pid === null ? 0 : residentBytes(sources.engine.pid),
      },
      engine: { ...sources.engine },
    };
  } finally {
    queries?.close();
  }
}

function origins(queries: LibraryQueries): OriginStatus[] {
  return queries.origins().filter(({ configured }) => configured).map((row) => ({
    id: row.id,
    type: row.kind,
    root: row.root,
    priority: row.priority,
    health: row.health,
    reason: row.reason,
    tracks: row.tracks,
    last_scan_at: row.last_scan_at,
    held_removals: row.held_missing,
  }));
}

/** Resident memory of a process in bytes, 0 when it is gone (proc(5), `VmRSS` in KiB). */
function residentBytes(pid: number | "self"): number {
  try {
    const status = Deno.readTextFileSync(`/proc/${pid}/status`);
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
