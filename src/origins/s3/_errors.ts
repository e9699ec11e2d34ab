import { OriginBusy } from "../unreachable.ts";
import { OriginChanged, OriginNotFound, OriginRefused, OriginUnreachable } from "../origin.ts";

/** The parts of the SDK's errors that are used; any may be missing. */
interface ServiceError {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  readonly Region?: string;
  readonly Endpoint?: string;
}

/** The longest pause that an origin gets, even when it asks for a longer one, in ms. */
const PAUSE_MS_MAX = 300_000;

/** Error codes that say that the server answers nothing to these credentials. */
const CREDENTIALS: Readonly<Record<string, string>> = {
  InvalidAccessKeyId: "the access key is unknown there",
  SignatureDoesNotMatch: "the secret key is wrong",
  ExpiredToken: "the credentials have expired",
  InvalidToken: "the session token is wrong",
  TokenRefreshRequired: "the credentials have expired",
  RequestTimeTooSkewed: "the clock of this machine is wrong",
  RequestExpired: "the clock of this machine is wrong",
  AccountProblem: "the account has a problem",
  NotSignedUp: "the account has a problem",
  CredentialsProviderError: "the credentials could not be loaded",
  TokenProviderError: "the credentials could not be loaded",
};

/**
 * Translates an error of the SDK into an error of an origin. `what` was tried: "read a/b.flac of s3://bucket". Of the
 * texts of server and SDK, only codes get into the message: the rest may repeat what was sent, with its signature.
 */
export function s3Error(error: unknown, what: string, isObject: boolean): Error {
  const { name = "", $metadata, $response } = error as ServiceError;
  const status = $metadata?.httpStatusCode;
  const unreachable = (why: string, isPermanent: boolean) =>
    new OriginUnreachable(`Cannot ${what}: ${why}`, { isPermanent });
  const credentials = Object.hasOwn(CREDENTIALS, name) ? CREDENTIALS[name] : undefined;
  if (credentials !== undefined) return unreachable(`${credentials} (${name})`, true);
  if (status === undefined) {
    return unreachable(lastReason(causeOf(error)), false);
  }
  const said = `the server answered ${status}${plainCode(name) ? ` ${name}` : ""}`;
  if (name === "NoSuchBucket") return unreachable("there is no such bucket", true);
  if (isObject && name === "NoSuchKey") return new OriginNotFound(`Cannot ${what}: no such key`);
  if (status === 412 || status === 416) {
    return new OriginChanged(`Cannot ${what}: it is another version by now`);
  }
  const region = regionHint(error as ServiceError, $response?.headers);
  if (region !== undefined) return unreachable(`${said}: ${region}`, true);
  if (status === 401) return unreachable(said, true);
  if (status === 403) return new OriginRefused(`Cannot ${what}: ${said}`);
  if (status === 503 || status === 429) {
    return new OriginBusy(`Cannot ${what}: ${said}`, pauseOf($response?.headers?.["retry-after"]));
  }
  return unreachable(said, status >= 300 && status < 400 && status !== 307);
}

/** The pause that Retry-After asks for, in ms: a number of seconds, or a date (RFC 9110); 0 for anything else. */
function pauseOf(header: string | undefined): number {
  if (header === undefined) return 0;
  const pause_ms = /^\d{1,6}$/.test(header)
    ? Number(header) * 1000
    : Date.parse(header) - Date.now();
  return pause_ms > 0 ? Math.min(pause_ms, PAUSE_MS_MAX) : 0;
}

/** Error codes that say, with other statuses than 401 and 403, that the credentials are no longer valid. */
const EXPIRED: ReadonlySet<string> = new Set([
  "ExpiredToken",
  "TokenRefreshRequired",
  "InvalidToken",
]);

/** Whether other credentials might be accepted. */
export function isAboutCredentials(error: unknown): boolean {
  const status = statusOf(error);
  return EXPIRED.has((error as ServiceError).name ?? "") || status === 401 || status === 403;
}

/** Error codes that say that the bucket must be named in the host name. */
const HOST_STYLE: ReadonlySet<string> = new Set([
  "SecondLevelDomainForbidden",
  "PathStyleDomainForbidden",
  "PathStyleRequestNotAllowed",
  "InvalidPathStyleRequest",
]);

/** Whether a server wants the bucket in the host name and not in the path. */
export function wantsHostStyle(error: unknown, bucket: string): boolean {
  const { name = "", Endpoint } = error as ServiceError;
  return HOST_STYLE.has(name) ||
    (name === "PermanentRedirect" && Endpoint !== undefined && Endpoint.startsWith(`${bucket}.`));
}

/** The HTTP status behind an error of the SDK; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as ServiceError).$metadata?.httpStatusCode;
}

/** Whether an error is one of an origin already. */
export function isOriginError(error: unknown): boolean {
  return error instanceof OriginNotFound || error instanceof OriginRefused ||
    error instanceof OriginChanged || error instanceof OriginUnreachable;
}

/** A hint where the bucket is, when the answer was that it is elsewhere. It is only shown, and never followed. */
function regionHint(
  { name, Region, Endpoint }: ServiceError,
  headers: Readonly<Record<string, string>> = {},
): string | undefined {
  const isElsewhere = name === "PermanentRedirect" || name === "TemporaryRedirect" ||
    name === "AuthorizationHeaderMalformed" || name === "301" || name === "307" ||
    name === "IllegalLocationConstraintException";
  if (!isElsewhere) return undefined;
  const region = plainCode(headers["x-amz-bucket-region"]) ?? plainCode(Region);
  if (region !== undefined) return `the bucket is in the region ${region}`;
  const endpoint = plainCode(Endpoint);
  return endpoint === undefined ? "is the region right?" : `the bucket is at ${endpoint}`;
}

/** The message of the first error in a chain of causes: newer versions of Deno wrap it in "fetch failed". */
function causeOf(error: unknown): string | undefined {
  let first = error;
  while (first instanceof Error && first.cause instanceof Error) first = first.cause;
  return (first as ServiceError).message;
}

/** Why no answer came. The message is a chain of reasons that begins with the address; the last one is returned. */
function lastReason(message = ""): string {
  const reason = message.split(": ").at(-1)!;
  return /^[\w ().-]{1,80}$/.test(reason) ? reason : "no answer";
}

/** A code, region or host name that is safe to show; undefined for anything else. */
function plainCode(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w.-]{1,80}$/.test(text) ? text : undefined;
}
