import type { OriginType } from "../../events/origin_events.ts";
import { CALL_DEADLINE_MS, type Clock, systemClock } from "../base/mod.ts";
import { BudgetedOrigin } from "./budgeted_origin.ts";
import { Circuit, type Health } from "./circuit.ts";
import { DeadlineOrigin } from "./deadline_origin.ts";
import { Egress, type EgressCount } from "./egress.ts";
import { GuardedOrigin } from "./guarded_origin.ts";
import { Latency } from "./latency.ts";
import { LocalOrigin } from "./local_origin.ts";
import { MeasuredOrigin } from "./measured_origin.ts";
import { NfsOrigin } from "./nfs_origin.ts";
import type { Origin } from "./origin.ts";
import { RetryingOrigin } from "./retrying_origin.ts";
import { ThrottledOrigin } from "./throttled_origin.ts";
import { systemTime, type Time } from "./time.ts";

/** An origin as settings name it. */
export interface OriginDescription {
  readonly id: string;
  readonly type: OriginType;
  readonly root: string;
  /** Bytes a second that are read from it at most; null for as fast as it gives them. */
  readonly bandwidth: number | null;
  /** Bytes a day (UTC) that are read from it at most; null for no limit. */
  readonly dailyBudget: number | null;
}

export interface OpenOptions {
  /** What was read from it before; nothing when absent. */
  readonly egress?: EgressCount;
  /** Told when it is found to be up or down, once for each change. */
  readonly onHealth?: (health: Health) => void;
  readonly deadlineMs?: number;
  readonly time?: Time;
  readonly clock?: Clock;
}

/** An origin to be used, and what is known of it. Of a local one, nothing is measured. */
export interface OpenedOrigin {
  readonly origin: Origin;
  readonly circuit: Circuit;
  readonly latency: Latency;
  readonly egress: Egress;
}

/**
 * Opens an origin of any kind. Nothing is asked of it yet. A local one is left as it is; a remote one is wrapped, and
 * from the outside in:
 *
 * - budget: what may not be read is no failure of the origin, so it is nothing to retry nor to open a circuit over;
 * - retries, of one piece each, around
 * - the circuit, which sees every try: a time-out opens it, and the tries that would follow fail at once;
 * - bandwidth: to wait for one's turn is neither slowness of the origin, nor to be cut off by the deadline;
 * - the measure, which sees what was truly asked, and counts what truly came;
 * - the deadline, around each answer of the origin itself.
 */
export async function openOrigin(
  description: OriginDescription,
  options: OpenOptions = {},
): Promise<OpenedOrigin> {
  const { clock = systemClock, time = systemTime, deadlineMs = CALL_DEADLINE_MS } = options;
  const circuit = new Circuit(options.onHealth, time);
  const latency = new Latency();
  const egress = new Egress(clock, options.egress);
  const bare = await openBare(description, deadlineMs);
  if (bare.kind === "local") return { origin: bare, circuit, latency, egress };
  let origin: Origin = new DeadlineOrigin(bare, deadlineMs, time);
  origin = new MeasuredOrigin(origin, latency, egress, time);
  const { bandwidth, dailyBudget } = description;
  if (bandwidth !== null) origin = new ThrottledOrigin(origin, bandwidth, time);
  origin = new GuardedOrigin(origin, circuit);
  origin = new RetryingOrigin(origin, undefined, time);
  if (dailyBudget !== null) origin = new BudgetedOrigin(origin, egress, dailyBudget);
  return { origin, circuit, latency, egress };
}

/** Every kind there is. What a kind needs is loaded with the first origin of that kind. */
async function openBare(
  { id, type, root }: OriginDescription,
  deadlineMs: number,
): Promise<Origin> {
  switch (type) {
    case "local":
      return new LocalOrigin(id, root);
    case "nfs":
      return new NfsOrigin(id, root, { deadlineMs });
    case "s3": {
      const { S3Origin } = await import("./s3_origin.ts");
      return new S3Origin(id, root);
    }
    case "sftp": {
      const { SftpOrigin } = await import("./sftp_origin.ts");
      return new SftpOrigin(id, root);
    }
  }
}
