/** A bucket and the part of it that is an origin. */
export interface S3Place {
  readonly bucket: string;
  /** The beginning of its keys. Slashes at the ends and doubled slashes do not count. */
  readonly prefix?: string | undefined;
  /** The URL of a server other than Amazon's. */
  readonly endpoint?: string | undefined;
  readonly region?: string | undefined;
}

/** The canonical URL of a place: `s3://bucket/prefix?endpoint=...&region=...`. */
export function s3Root({ bucket, prefix = "", endpoint, region }: S3Place): string {
  const parts = partsOf(prefix).map(encodeURIComponent);
  const query = [
    ...endpoint === undefined ? [] : [`endpoint=${legible(plainEndpoint(endpoint))}`],
    ...region === undefined ? [] : [`region=${legible(region)}`],
  ].join("&");
  return `s3://${[bucket, ...parts].join("/")}${query === "" ? "" : `?${query}`}`;
}

/** A text encoded as a parameter, except for characters that may stand there as they are. */
function legible(text: string): string {
  return encodeURIComponent(text).replaceAll("%3A", ":").replaceAll("%2F", "/");
}

/** Parses an `s3://` URL. Returns why it can't be used when it can't. */
export function parseS3Url(text: string): S3Place | string {
  const form = "expected s3://bucket/prefix";
  const url = URL.parse(text);
  if (url === null || url.hostname === "") return form;
  if (url.port !== "") return `${form}, with the server as ?endpoint=http://host:port`;
  let place: S3Place;
  try {
    place = {
      bucket: decodeURIComponent(url.hostname),
      prefix: decodeURIComponent(url.pathname),
      endpoint: url.searchParams.get("endpoint") ?? undefined,
      region: url.searchParams.get("region") ?? undefined,
    };
  } catch {
    return `${form}, a "%" in it as "%25"`;
  }
  if (!isBucket(place.bucket)) return `${form}, the bucket a name of letters, digits and ".-_"`;
  if (place.endpoint === undefined || isEndpoint(place.endpoint)) return place;
  return 'expected an endpoint such as "https://s3.example.org"';
}

export function isBucket(text: string): boolean {
  return /^[a-z0-9][a-z0-9._-]*$/i.test(text);
}

export function isEndpoint(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.hostname !== "" &&
    url.username === "" && url.password === "" && url.search === "" && url.hash === "";
}

/** Whether two URLs made by {@link s3Root} are one place. Regions don't count: a bucket's name says which one it is. */
export function sameS3Place(a: string, b: string): boolean {
  return withoutRegion(a) === withoutRegion(b);
}

function withoutRegion(root: string): string {
  const url = new URL(root);
  url.searchParams.delete("region");
  return url.href;
}

/** The endpoint in canonical form: host in lower case, no default port, no slash at the end. */
function plainEndpoint(text: string): string {
  return new URL(text).href.replace(/\/+$/, "");
}

function partsOf(prefix: string): string[] {
  return prefix.split("/").filter((part) => part !== "");
}
