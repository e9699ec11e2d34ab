import type { OriginType } from "../../events/facts/origins.ts";
import { type Clock, READ_DEADLINE_MS, systemClock } from "../base/mod.ts";
import { BudgetedOrigin } from "./guards/budgeted_origin.ts";
import { Circuit, type Health } from "./guards/circuit.ts";
import { DeadlineOrigin } from "./guards/deadline_origin.ts";
import { Egress, type EgressCount } from "./guards/egress.ts";
import { GuardedOrigin } from "./guards/guarded_origin.ts";
import { Latency } from "./guards/latency.ts";
import { LocalOrigin } from "./local/local_origin.ts";
import { MeasuredOrigin } from "./guards/measured_origin.ts";
import { NfsOrigin } from "./nfs/nfs_origin.ts";
import type { Origin } from "./origin.ts";
import type { KnownRefusal } from "./refused_password.ts";
import { RetryingOrigin } from "./guards/retrying_origin.ts";
import { ThrottledOrigin } from "./guards/throttled_origin.ts";
import { systemTime, type Time } from "./time.ts";

/** An origin as the settings describe it. */
export interface OriginDescription {
  readonly id: string;
  readonly type: OriginType;
  readonly root: string;
  /** Whether symbolic links may lead out of the root; false when absent. */
  readonly followLinks?: boolean;
  /** These three: see OriginSettings. */
  readonly pathStyle?: boolean;
  readonly ca?: string;
  readonly sshCommand?: readonly string[];
  /** At most this many bytes a second are read from it; null for no limit. */
  readonly bandwidth: number | null;
  /** At most this many bytes a day (UTC) are read from it; null for no limit. */
  readonly dailyBudget: number | null;
}

export interface OpenOptions {
  /** What was read from it before; nothing when absent. */
  readonly egress?: EgressCount;
  /** Called once for each change of its health. */
  readonly onHealth?: (health: Health) => void;
  /** What is known of its password; nothing when absent. */
  readonly refusal?: KnownRefusal;
  /** The deadline of one answer in ms; CALL_DEADLINE_MS when absent. */
  readonly deadlineMs?: number;
  /** The deadline of one answer of a local origin's disk in ms; READ_DEADLINE_MS when absent. */
  readonly diskDeadlineMs?: number;
  readonly time?: Time;
  readonly clock?: Clock;
}

/** An origin ready for use, with what is measured of it. Nothing is measured of a local one. */
export interface OpenedOrigin {
  readonly origin: Origin;
  readonly circuit: Circuit;
  readonly latency: Latency;
  readonly egress: Egress;
  /** To be called when a person asks to try again: a password that was refused is sent once more. */
  readonly logInAgain: () => void;
}

/** Opens an origin of any kind. It is not asked anything yet, but a process that asks may be started. */
export async function openOrigin(
  description: OriginDescription,
  options: OpenOptions = {},
): Promise<OpenedOrigin> {
  return wrapOrigin(await openBare(description, options), description, options);
}

/**
 * Makes an origin reliable. A local one stays as it is; a remote one is wrapped in these, from the outside in:
 *
 * - the budget: a read that it refuses is no failure of the origin, and must not open the circuit;
 * - the circuit, which counts the failures that retries did not mend, and spares an origin that is down the retries;
 * - retries. A time-out is repeated only when the origin has answered a check over a new connection since, so a dead
 * origin costs one time-out and its circuit is open. Once the circuit is open, nothing is repeated;
 * - bandwidth: waiting for one's turn is no slowness of the origin, and the deadline must not cut it off;
 * - the measure, which sees the calls that are really made and the bytes that really come;
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

/** Opens an origin of its kind. The code of a kind is loaded with the first origin of that kind. */
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
      const { S3Origin } = await import("./s3/s3_origin.ts");
      return new S3Origin(id, root, {
        ...(pathStyle !== undefined && { pathStyle }),
        ...(ca !== undefined && { ca }),
      });
    }
    case "sftp": {
      const { SftpOrigin } = await import("./sftp/sftp_origin.ts");
      return new SftpOrigin(id, root, undefined, sshCommand, refusal);
    }
  }
}
