import { EXIT, UserError } from "../base/mod.ts";
import type { OriginSettings } from "../control/protocol.ts";
import { beginsWithVariable, type Environment, expandPath } from "./expand_path.ts";
import type { FileOrigin } from "./file_schema.ts";
import { CREDENTIAL_PLACES, isCredentialName, isCredentialValue } from "./credentials.ts";
import { quoted } from "./problem.ts";
import { parseS3Url, s3Root, sameS3Place } from "./s3_place.ts";
import { parseSftpUrl, sftpRoot } from "./sftp_place.ts";

/** An origin without id and name: the place that an `--origin` or a table of the file points at. */
export type OriginPlace = Pick<OriginSettings, "type" | "root">;

/**
 * Reads an `--origin`: a path, `s3://bucket/prefix?endpoint=...&region=...`, `sftp://user@host:port/path` or
 * `nfs:/path`. Throws UserError for another scheme, a URL that lacks a part, or one that holds a password.
 */
export function parseOriginSpec(
  spec: string,
  workingDirectory: string,
  environment: Environment,
): OriginPlace {
  if (spec === "") throw refused(spec, "expected a path or a URL");
  if (isCredentialValue("", spec)) throw credentialsRefused();
  if (spec.startsWith("nfs:")) {
    const path = spec.slice("nfs:".length);
    if (!path.startsWith("/")) throw refused(spec, "expected nfs:/path, the path being absolute");
    return { type: "nfs", root: expandPath(path, workingDirectory, environment) };
  }
  if (beginsWithVariable(spec)) throw refused(spec, "variables are not replaced here");
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(spec)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    return { type: "local", root: expandPath(spec, workingDirectory, environment) };
  }
  if (scheme !== "s3" && scheme !== "sftp") {
    throw refused(spec, "expected a path, s3://, sftp:// or nfs:/path");
  }
  refuseCredentials(spec, scheme);
  const place = scheme === "s3" ? parseS3Url(spec) : parseSftpUrl(spec);
  if (typeof place === "string") throw refused(spec, place);
  return { type: scheme, root: "bucket" in place ? s3Root(place) : sftpRoot(place) };
}

/** Throws when a URL holds credentials, in unknown parameters too. The message repeats nothing of the URL. */
function refuseCredentials(spec: string, type: "s3" | "sftp"): void {
  const url = type === "s3" ? URL.parse(spec) : null;
  const parameters = [...url?.searchParams ?? []];
  const isSecret = isCredentialValue("", spec) || (url !== null && url.username !== "") ||
    parameters.some(([name, value]) => isCredentialName(name) || isCredentialValue(name, value));
  if (isSecret) throw credentialsRefused();
  const unknown = parameters.map(([name]) => name)
    .find((name) => name !== "endpoint" && name !== "region");
  if (unknown !== undefined) throw refused(spec, `unknown parameter ${quoted(unknown)}`);
}

/** The error; it does not repeat the URL. */
function credentialsRefused(): UserError {
  return new UserError("Cannot use an origin URL that holds credentials", {
    exitCode: EXIT.usage,
    hint: `credentials come from ${CREDENTIAL_PLACES}`,
  });
}

function refused(spec: string, why: string): UserError {
  return new UserError(`--origin: Cannot use ${JSON.stringify(spec)}: ${why}`, {
    exitCode: EXIT.usage,
  });
}

/** The place that a table of the file points at. A relative path starts from the directory of the file. */
export function placeOfFileOrigin(
  origin: FileOrigin,
  directory: string,
  environment: Environment,
): OriginPlace {
  if (origin.type === "local" || origin.type === "nfs") {
    return { type: origin.type, root: expandPath(origin.path, directory, environment) };
  }
  return origin.type === "s3"
    ? { type: "s3", root: s3Root(origin) }
    : { type: "sftp", root: sftpRoot(origin) };
}

/** Whether two origins are one place under two names, as far as the names tell. */
export function samePlace(a: OriginPlace, b: OriginPlace): boolean {
  return a.root === b.root || (a.type === "s3" && b.type === "s3" && sameS3Place(a.root, b.root));
}

/**
 * An id for a place without one. It is made of the whole path, so that another folder of the same name always gets
 * another id: "/home/ada/My Music" becomes "home-ada-my-music". For a URL it is made of the bucket or host, and the
 * path. An id that is taken gets "-2".
 */
export function originId(place: OriginPlace, taken: readonly string[]): string {
  const isPath = place.type === "local" || place.type === "nfs";
  const name = isPath ? place.root : nameOfUrl(place);
  const slug = name.normalize("NFKD").toLowerCase()
    .replace(/\p{Mark}/gu, "")
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^[-_]+|-+$/g, "") || "origin";
  let id = slug;
  for (let n = 2; taken.includes(id); n++) id = `${slug}-${n}`;
  return id;
}

function nameOfUrl({ type, root }: OriginPlace): string {
  if (type === "s3") {
    const { hostname, pathname } = new URL(root);
    return hostname + decodeURIComponent(pathname);
  }
  const { host, path } = parseSftpUrl(root) as Exclude<ReturnType<typeof parseSftpUrl>, string>;
  return host + path;
}
