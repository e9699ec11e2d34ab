import { posix } from "node:path";

const PORT = 22;

export interface SftpPlace {
  readonly user?: string | undefined;
  /** A name or an address; IPv6 addresses are without brackets. */
  readonly host: string;
  readonly port?: number | undefined;
  /** An absolute path, or one from the user's home on the server. */
  readonly path: string;
}

/** The canonical URL of a place: `sftp://user@host:port/path`; a path from the home is `/~/path`. */
export function sftpRoot({ user, host, port = PORT, path }: SftpPlace): string {
  const login = user === undefined ? "" : `${encodeURIComponent(user)}@`;
  const name = host.includes(":") ? `[${host.toLowerCase()}]` : host.toLowerCase();
  const absolute = path.startsWith("/") ? path : path === "~" ? "/~" : `/~/${fromHome(path)}`;
  const plain = posix.normalize(absolute).replace(/^\/\//, "/").replace(/(?<=.)\/$/, "");
  // Servers take a path as it is, so only the character that begins an escape is escaped.
  const escaped = plain.replaceAll("%", "%25");
  return `sftp://${login}${name}${port === PORT ? "" : `:${port}`}${escaped}`;
}

/** Parses an `sftp://` URL. Returns why it can't be used when it can't. */
export function parseSftpUrl(text: string): SftpPlace | string {
  const form = "expected sftp://user@host:port/path";
  const parts = /^sftp:\/\/(?:([^@/]*)@)?(?:\[([^\]/]+)\]|([^:/[\]]+))(?::(\d+))?(\/.*)?$/is
    .exec(text);
  if (parts === null) return form;
  const [, user = "", ipv6, name, port, path = "/"] = parts;
  if (port !== undefined && (Number(port) < 1 || Number(port) > 65_535)) {
    return `${form}, the port from 1 to 65535`;
  }
  return {
    user: user === "" ? undefined : decoded(user),
    host: ipv6 ?? decoded(name!),
    port: port === undefined ? undefined : Number(port),
    path: decoded(path),
  };
}

export function isHost(text: string): boolean {
  return /^[a-z0-9]([a-z0-9._-]*)$/i.test(text) || /^[0-9a-f.:]*:[0-9a-f.:]*(%\w+)?$/i.test(text);
}

function fromHome(path: string): string {
  return path.startsWith("~/") ? path.slice(2) : path;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
