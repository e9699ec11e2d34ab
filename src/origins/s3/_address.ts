import { bytesFromString, stringFromBytes } from "../../base/mod.ts";

/** The parts of `s3://bucket/prefix?endpoint=...&region=...`. */
export interface S3Address {
  readonly bucket: string;
  /** The beginning of every key: empty, or ending with a slash. */
  readonly prefix: string;
  /** URL of a server other than Amazon's. */
  readonly endpoint?: string;
  readonly region?: string;
}

/** Parses a root. Throws TypeError; its message contains only the part that is wrong. */
export function parseS3Address(root: string): S3Address {
  const url = URL.parse(root);
  if (url?.protocol !== "s3:" || url.host === "") {
    throw new TypeError("Cannot use an S3 origin as its address must be s3://bucket/prefix");
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("Cannot use an S3 origin with credentials in its address");
  }
  const prefix = decoded(url.pathname).split("/").filter((part) => part !== "");
  const endpoint = url.searchParams.get("endpoint");
  const region = url.searchParams.get("region");
  if (endpoint !== null) checkEndpoint(endpoint);
  return {
    bucket: decoded(url.host),
    prefix: prefix.map((part) => `${part}/`).join(""),
    ...(endpoint === null ? {} : { endpoint }),
    ...(region === null ? {} : { region }),
  };
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw new TypeError(
      `Cannot use an S3 origin as its address has a percent sign too many: ${part}`,
    );
  }
}

function checkEndpoint(endpoint: string): void {
  const url = URL.parse(endpoint);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new TypeError(`Cannot use an S3 origin as its endpoint must be a URL: it is ${endpoint}`);
  }
  if (url.username !== "" || url.password !== "") {
    throw new TypeError("Cannot use an S3 origin with credentials in its endpoint");
  }
}

/** The key of a path; undefined for a path that is not UTF-8, since keys are. */
export function keyOfPath(path: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytesFromString(path));
  } catch {
    return undefined;
  }
}

/** The path of a key: it stands for the key's bytes. */
export function pathOfKey(key: string): string {
  return stringFromBytes(new TextEncoder().encode(key));
}

/** Why a key can't be the path of a file; undefined when it can. */
export function keyProblem(key: string): string | undefined {
  if (key.includes("\0")) return "Its name has a NUL";
  for (const segment of key.split("/")) {
    if (segment === "") return "Its name has an empty part";
    if (segment === "." || segment === "..") return `Its name has the part ${segment}`;
  }
  return undefined;
}
