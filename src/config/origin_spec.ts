import { EXIT, UserError, VERSION } from "../base/mod.ts";
import type { OriginSettings } from "../control/protocol.ts";
import { type Environment, expandPath } from "./expand_path.ts";
import type { FileOrigin } from "./file_schema.ts";

/** An origin without its number and name: what an `--origin` or a table of the file points at. */
export type OriginPlace = Pick<OriginSettings, "type" | "root">;

/** The origin types that this version can read. */
const SERVED: readonly OriginSettings["type"][] = ["local"];

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
  if (spec.startsWith("nfs:")) {
    const path = spec.slice("nfs:".length);
    if (!path.startsWith("/")) throw refused(spec, "expected nfs:/path, the path being absolute");
    return { type: "nfs", root: expandPath(path, workingDirectory, environment) };
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(spec)?.[1]?.toLowerCase();
  if (scheme === undefined) {
    return { type: "local", root: expandPath(spec, workingDirectory, environment) };
  }
  if (scheme !== "s3" && scheme !== "sftp") {
    throw refused(spec, "expected a path, s3://, sftp:// or nfs:/path");
  }
  return { type: scheme, root: checkedUrl(spec, scheme) };
}

function checkedUrl(spec: string, type: "s3" | "sftp"): string {
  const url = URL.parse(spec);
  if (url === null || url.hostname === "") {
    throw refused(
      spec,
      type === "s3" ? "expected s3://bucket/prefix" : "expected sftp://user@host:port/path",
    );
  }
  if (url.password !== "" || (type === "s3" && url.username !== "")) {
    throw new UserError("Cannot use an origin URL that holds credentials", {
      exitCode: EXIT.usage,
      hint: "credentials come from the environment, the system keyring, ~/.aws or ~/.ssh",
    });
  }
  const allowed = type === "s3" ? ["endpoint", "region"] : [];
  const unknown = [...url.searchParams.keys()].find((name) => !allowed.includes(name));
  if (unknown !== undefined) throw refused(spec, `unknown parameter ${JSON.stringify(unknown)}`);
  return spec;
}

function refused(spec: string, why: string): UserError {
  return new UserError(`--origin: Cannot use ${JSON.stringify(spec)}: ${why}`, {
    exitCode: EXIT.usage,
  });
}

/** The place that a table of the file points at; a relative path starts from the directory of the file. */
export function placeOfFileOrigin(
  origin: FileOrigin,
  directory: string,
  environment: Environment,
): OriginPlace {
  if (origin.type === "local" || origin.type === "nfs") {
    return { type: origin.type, root: expandPath(origin.path, directory, environment) };
  }
  if (origin.type === "s3") {
    const url = new URL(`s3://${origin.bucket}/${origin.prefix ?? ""}`);
    if (origin.endpoint !== undefined) url.searchParams.set("endpoint", origin.endpoint);
    if (origin.region !== undefined) url.searchParams.set("region", origin.region);
    return { type: "s3", root: url.href };
  }
  const user = origin.user === undefined ? "" : `${encodeURIComponent(origin.user)}@`;
  const port = origin.port === undefined ? "" : `:${origin.port}`;
  const path = origin.path.startsWith("/") ? origin.path : `/${origin.path}`;
  return { type: "sftp", root: `sftp://${user}${origin.host}${port}${path}` };
}

/** Why this version can't serve an origin of that type; undefined when it can. */
export function unserved(type: OriginSettings["type"]): string | undefined {
  return SERVED.includes(type) ? undefined : `MusicFS ${VERSION} can't read ${type} origins yet`;
}

/**
 * A name for a place that was given none, made of all of its path, so that another folder of the same name is
 * another origin whenever it is mounted: "/home/ada/My Music" becomes "home-ada-my-music". "-2" is added to one
 * that is taken.
 */
export function originId(place: OriginPlace, taken: readonly string[]): string {
  const isPath = place.type === "local" || place.type === "nfs";
  const name = isPath ? place.root : new URL(place.root).hostname;
  const slug = name.normalize("NFKD").toLowerCase()
    .replace(/\p{Mark}/gu, "")
    .replace(/[^a-z0-9_]+/g, "-")
    .replace(/^[-_]+|-+$/g, "") || "origin";
  let id = slug;
  for (let n = 2; taken.includes(id); n++) id = `${slug}-${n}`;
  return id;
}
