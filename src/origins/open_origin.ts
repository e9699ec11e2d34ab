import type { OriginType } from "../../events/facts/origins.ts";
import { type Clock, READ_DEADLINE_MS, systemClock } from "../base/mod.ts";
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
import type { KnownRefusal } from "./_refused_password.ts";
import { RetryingOrigin } from "./retrying_origin.ts";
import { ThrottledOrigin } from "./throttled_origin.ts";
import { systemTime, type Time } from "./time.ts";

/** An origin as settings name it. */
export interface OriginDescription {
  readonly id: string;
  readonly type: OriginType;
  readonly root: string;
  /** Symbolic links may lead out of the root; false when absent. */
  readonly followLinks?: boolean;
  /** As settings have them. */
  readonly pathStyle?: boolean;
  readonly ca?: string;
  readonly sshCommand?: readonly string[];
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
  /** What is known of its password; nothing when absent. */
  readonly refusal?: KnownRefusal;
  /** For one answer; CALL_DEADLINE_MS when absent. */
  readonly deadlineMs?: number;
  /** For one answer of the disk of a local one; READ_DEADLINE_MS when absent. */
  readonly diskDeadlineMs?: number;
  readonly time?: Time;
  readonly clock?: Clock;
}

/** An origin to be used, and what is known of it. Of a local one, nothing is measured. */
export interface OpenedOrigin {
  readonly origin: Origin;
  readonly circuit: Circuit;
  readonly latency: Latency;
  readonly egress: Egress;
  /** Somebody asks: a password that was refused is sent once more. */
  readonly logInAgain: () => void;
}

/** Opens an origin of any kind. Nothing is asked of it yet, but what is to ask may be started. */
export async function openOrigin(
  description: OriginDescription,
  options: OpenOptions = {},
): Promise<OpenedOrigin> {
  return wrapOrigin(await openBare(description, options), description, options);
}

/**
 * Makes an origin fit to be relied on. A local one is left as it is; a remote one is wrapped, and from the outside in:
 *
 * - budget: what may not be read is no failure of the origin, and nothing to open a circuit over;
 * - the circuit, which learns of what tries did not mend, and lets nobody begin to try with an origin that is down;
 * - retries, which don't repeat a time-out but of an origin that answers a check since, over new connections: a dead one
 *   costs one, and the circuit is open; nor anything else once it is, be it that a check opened it;
 * - bandwidth: to wait for one's turn is neither slowness of the origin, nor to be cut off by the deadline;
 * - the measure, which sees what was truly asked, and counts what truly came;
 * - the deadline, around each answer of the origin itself.
 */
export function wrapOrigin(
  bare: Origin,
  { bandwidth, dailyBudget }: Pick<OriginDescription, "bandwidth" | "dailyBudget">,
  options: OpenOptions = {},
): OpenedOrigin {
  const { clock = systemClock, time = systemTime } = options;
  const circuit = new Circuit(options.onHealth, time);
  const latency = new Latency();
  const egress = new Egress(clock, options.egress);
  if (bare.kind === "local") {
    return { origin: bare, circuit, latency, egress, logInAgain: () => {} };
  }
  let origin: Origin = new DeadlineOrigin(bare, options.deadlineMs, time);
  origin = new MeasuredOrigin(origin, latency, egress, time);
  if (bandwidth !== null) origin = new ThrottledOrigin(origin, bandwidth, time);
  origin = new RetryingOrigin(origin, {
    time,
    isDown: () => circuit.health.health === "down",
    isThere: (error) => guarded.probe(error),
  });
  const guarded = new GuardedOrigin(origin, circuit, {
    time,
    renew: () => bare.renew?.(),
    ...(options.deadlineMs !== undefined && { probeMs: options.deadlineMs / 3 }),
  });
  origin = guarded;
  if (dailyBudget !== null) origin = new BudgetedOrigin(origin, egress, dailyBudget);
  return { origin, circuit, latency, egress, logInAgain: () => bare.logInAgain?.() };
}

/** Every kind there is. What a kind needs is loaded with the first origin of that kind. */
async function openBare(
  { id, type, root, followLinks, pathStyle, ca, sshCommand }: OriginDescription,
  { deadlineMs, diskDeadlineMs = READ_DEADLINE_MS, refusal }: OpenOptions,
): Promise<Origin> {
  switch (type) {
    case "local":
      return new LocalOrigin(id, root, followLinks, diskDeadlineMs);
    case "nfs": {
      const origin = new NfsOrigin(id, root, deadlineMs, followLinks);
      await origin.warmUp();
      return origin;
    }
    case "s3": {
      const { S3Origin } = await import("./s3_origin.ts");
      return new S3Origin(id, root, {
        ...(pathStyle !== undefined && { pathStyle }),
        ...(ca !== undefined && { ca }),
      });
    }
    case "sftp": {
      const { SftpOrigin } = await import("./sftp_origin.ts");
      return new SftpOrigin(id, root, undefined, sshCommand, refusal);
    }
  }
}
