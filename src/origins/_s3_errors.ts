import { OriginBusy } from "./unreachable.ts";
import { OriginChanged, OriginNotFound, OriginRefused, OriginUnreachable } from "./origin.ts";

/** What the SDK throws, as far as it is used; anything may be missing. */
interface ServiceError {
  readonly name?: string;
  readonly message?: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
  readonly $response?: { readonly headers?: Readonly<Record<string, string>> };
  readonly Region?: string;
  readonly Endpoint?: string;
}

/** An origin that asks to be left alone for longer is asked whether it is there after this. */
const PAUSE_MS_MAX = 300_000;

/** Codes by which a server says that it will answer nothing to these credentials. */
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
 * An error of the SDK as one of an origin. `what` was tried: "read a/b.flac of s3://bucket". Nothing that the server
 * or the SDK wrote gets into the message but codes: either may repeat what was sent, and that was signed.
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

/** What Retry-After asks for, in ms: a number of seconds, or a date (RFC 9110); 0 for anything else. */
function pauseOf(header: string | undefined): number {
  if (header === undefined) return 0;
  const pause_ms = /^\d{1,6}$/.test(header)
    ? Number(header) * 1000
    : Date.parse(header) - Date.now();
  return pause_ms > 0 ? Math.min(pause_ms, PAUSE_MS_MAX) : 0;
}

/** Codes by which a server says, with another status than 401 and 403, that credentials are no good any more. */
const EXPIRED: ReadonlySet<string> = new Set([
  "ExpiredToken",
  "TokenRefreshRequired",
  "InvalidToken",
]);

/** Whether other credentials, if there are any by now, might be taken. */
export function isAboutCredentials(error: unknown): boolean {
  const status = statusOf(error);
  return EXPIRED.has((error as ServiceError).name ?? "") || status === 401 || status === 403;
}

/** Codes by which a server says that the bucket has to be named in its host's name. */
const HOST_STYLE: ReadonlySet<string> = new Set([
  "SecondLevelDomainForbidden",
  "PathStyleDomainForbidden",
  "PathStyleRequestNotAllowed",
  "InvalidPathStyleRequest",
]);

/** Whether a server wants the bucket in its host's name, and not in the path. */
export function wantsHostStyle(error: unknown, bucket: string): boolean {
  const { name = "", Endpoint } = error as ServiceError;
  return HOST_STYLE.has(name) ||
    (name === "PermanentRedirect" && Endpoint !== undefined && Endpoint.startsWith(`${bucket}.`));
}

/** Status of the answer that the SDK made an error of; undefined when there was no answer. */
export function statusOf(error: unknown): number | undefined {
  return (error as ServiceError).$metadata?.httpStatusCode;
}

/** Whether an error needs no translation. */
export function isOriginError(error: unknown): boolean {
  return error instanceof OriginNotFound || error instanceof OriginRefused ||
    error instanceof OriginChanged || error instanceof OriginUnreachable;
}

/** Where the bucket is instead, when the answer was that it is not here; never followed, only told. */
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

/** What an error says that was there first; newer versions of Deno wrap it in one that says "fetch failed". */
function causeOf(error: unknown): string | undefined {
  let first = error;
  while (first instanceof Error && first.cause instanceof Error) first = first.cause;
  return (first as ServiceError).message;
}

/** Why no answer came: of a chain of reasons, which begins with the address that was asked, the last. */
function lastReason(message = ""): string {
  const reason = message.split(": ").at(-1)!;
  return /^[\w ().-]{1,80}$/.test(reason) ? reason : "no answer";
}

/** A code, region or host name as it may be shown; undefined when it is anything else. */
function plainCode(text: string | undefined): string | undefined {
  return text !== undefined && /^[\w.-]{1,80}$/.test(text) ? text : undefined;
}
