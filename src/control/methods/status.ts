import { shape, type ShapeOf } from "../../base/mod.ts";
import { method } from "../rpc/method.ts";
import { SCAN_STATUS } from "./_scan_status.ts";

const { about, count, flag, list, number, object, oneOf, orNull, seq, text } = shape;

const MOUNT_STATUS = {
  mountpoint: text,
  pid: count,
  since: about("Milliseconds since the epoch.", count),
  mounted_in_ms: number,
};

const HOLDER = object({ pid: count, name: text });

const BUILD_STATUS = {
  events: about("Events of the log that are in the library so far.", count),
  of: about("Events of the log.", count),
};

const ORIGIN_STATUS = object({
  id: text,
  type: text,
  root: text,
  share: about(
    "Of an nfs origin that was given as a plain path: the file system that it was found to lie on.",
    shape.optional(text),
  ),
  priority: number,
  health: oneOf("up", "down", "unknown"),
  reason: orNull(text),
  tracks: count,
  last_scan_at: about("Milliseconds since the epoch.", orNull(count)),
  held_removals: count,
  latency_ms: about(
    "Median of the newest answers; null for one that was not asked yet, and for local ones.",
    orNull(number),
  ),
  egress: about(
    "Bytes of files read from it: today (UTC), of how many that may be, and ever.",
    object({ today_bytes: count, daily_budget_bytes: orNull(number), total_bytes: count }),
  ),
});

const CACHE_WORK = object({
  what: oneOf("pin", "warm", "verify"),
  done_bytes: count,
  total_bytes: count,
});

const STATUS = object({
  version: text,
  state_dir: about("Where the event log is: what tells one library from another.", text),
  mounts: list(object(MOUNT_STATUS)),
  detached: about(
    "A mount that was taken off the tree while something of it was open.",
    orNull(object({ ...MOUNT_STATUS, holders: list(HOLDER) })),
  ),
  build: about(
    "The library that is being built, and whether an older one is shown meanwhile.",
    orNull(object({ ...BUILD_STATUS, shown: flag })),
  ),
  library: object({
    tracks: count,
    albums: count,
    artists: count,
    bytes: count,
    unreadable: count,
  }),
  scan: SCAN_STATUS,
  origins: list(ORIGIN_STATUS),
  cache: object({
    bytes: count,
    limit_bytes: number,
    chunks: count,
    hits: count,
    misses: count,
    hit_rate: number,
    dedup_ratio: about(
      "The share of the stored parts of files that need no chunk of their own; see cache.stats.",
      number,
    ),
    metadata_bytes: about("Of `bytes`: what scanners of tags read.", count),
    metadata_limit_bytes: number,
    pinned_tracks: count,
    work: about(
      "What a person asked for and waits for; of several, the one that began first.",
      orNull(CACHE_WORK),
    ),
  }),
  events: object({ last_seq: seq, cache_last_seq: seq }),
  memory: object({ mount_rss_bytes: count, engine_rss_bytes: count }),
  engine: object({
    state: oneOf("off", "running", "restarting"),
    pid: orNull(count),
    restarts: count,
    version: about("What program the last engine was; null before there was one.", orNull(text)),
    problem: about(
      "Why there is no engine any more: what is known stays readable, and nothing new is learned.",
      orNull(text),
    ),
  }),
});

export type MountStatus = Status["mounts"][number];
/** A process that has a file or its working directory in a mount. */
export type Holder = ShapeOf<typeof HOLDER>;
export type BuildStatus = Omit<NonNullable<Status["build"]>, "shown">;
export type ScanStatus = ShapeOf<typeof SCAN_STATUS>;
export type OriginStatus = ShapeOf<typeof ORIGIN_STATUS>;
/** The progress of a command that fetches or reads many bytes. */
export type CacheWork = ShapeOf<typeof CACHE_WORK>;
export type Status = ShapeOf<typeof STATUS>;

/** CLI.md fixes the result; scripts rely on it. */
export const status = method({
  name: "status",
  summary: "What the daemon is doing.",
  served: "mount",
  params: {},
  result: STATUS,
});
