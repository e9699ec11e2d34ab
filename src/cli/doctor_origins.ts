import { messageOf, UserError } from "../base/mod.ts";
import type { OriginSettings } from "../control/protocol.ts";
import type { Context } from "./context.ts";
import { type Finding, ok, warn } from "./finding.ts";

/** How long a server may take to answer before it counts as gone. */
const ANSWER_MS = 5_000;

/** Whether each configured origin answers; all are asked at once. No finding while the configuration is broken. */
export async function checkOrigins(context: Context): Promise<Finding[]> {
  let origins: readonly OriginSettings[];
  try {
    ({ settings: { origins } } = await context.settings());
  } catch (error) {
    if (error instanceof UserError) return [];
    throw error;
  }
  return await Promise.all(origins.map(checkOrigin));
}

async function checkOrigin(origin: OriginSettings): Promise<Finding> {
  const title = `Origin ${origin.id}`;
  const what = `${origin.type}, ${origin.root}`;
  try {
    await within(ANSWER_MS, (signal) => ask(origin, signal));
    return ok("origin", title, `${what}, answers`);
  } catch (error) {
    return warn("origin", title, `${what}: ${messageOf(error)}`, adviceFor(origin.type));
  }
}

/** Asks an origin as the engine would: with the same credentials, keys and deadlines. */
async function ask(origin: OriginSettings, signal: AbortSignal): Promise<void> {
  const { openOrigin } = await import("../origins/mod.ts");
  const opened = await openOrigin({ ...origin, dailyBudget: null }, { deadlineMs: ANSWER_MS });
  try {
    await opened.origin.check({ signal });
    // A scan has to list the bucket, which may be forbidden although the bucket exists.
    if (origin.type === "s3") {
      const listing = opened.origin.list({ recursive: false, signal });
      await listing.next();
      await listing.return?.();
    }
  } finally {
    opened.origin.close().catch(() => {});
  }
}

/** Rejects at the deadline, even when the work is stuck where no signal reaches it. */
async function within(ms: number, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  const abort = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`It did not answer within ${ms / 1000} s`);
      reject(error);
      abort.abort(error);
    }, ms);
  });
  try {
    await Promise.race([work(abort.signal), deadline]);
  } finally {
    clearTimeout(timer);
  }
}

function adviceFor(type: OriginSettings["type"]): string {
  switch (type) {
    case "local":
      return "mount it, or correct its path";
    case "nfs":
      return "mount the share, correct its path, or look after its server; what is stored plays meanwhile";
    case "s3":
      return "look at the bucket, the endpoint and the credentials (AWS_ACCESS_KEY_ID, ~/.aws); what is stored plays meanwhile";
    case "sftp":
      return "see whether sftp (1) can log in there without asking; what is stored plays meanwhile";
  }
}
