/** The parts of an sftp:// URL. Missing parts come from elsewhere. */
export interface SftpAddress {
  readonly host: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  /** Absolute, or relative to the user's home when the URL says `/~/`; never ends with a slash. */
  readonly path: string;
}

/**
 * Parses `sftp://user@host:port/path`. The path is the server's; only percent-encoded UTF-8 is decoded. Throws
 * TypeError for any other URL.
 */
export function parseSftpUrl(url: string): SftpAddress {
  const parts = /^sftp:\/\/(?:([^@/]*)@)?(?:\[([^\]/]+)\]|([^:/]+))(?::(\d+))?(\/.*)?$/is.exec(url);
  if (parts === null) throw new TypeError(`Cannot use ${url}: expected sftp://user@host:port/path`);
  const [, user, ipv6, host, port, path] = parts;
  const whole = decoded(path ?? "/").replace(/(?<=.)\/+$/, "");
  return {
    host: ipv6 ?? host!,
    port: port === undefined ? undefined : Number(port),
    user: user === undefined || user === "" ? undefined : decoded(user),
    path: whole === "/~" ? "." : whole.startsWith("/~/") ? whole.slice("/~/".length) : whole,
  };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
