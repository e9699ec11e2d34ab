/** An sftp:// URL taken apart; what it leaves out comes from elsewhere. */
export interface SftpAddress {
  readonly host: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  /** Absolute, or relative to the user's home where the URL says `/~/`; without a slash at its end. */
  readonly path: string;
}

/**
 * Takes apart `sftp://user@host:port/path`. The path stands as it is on the server: only what is percent-encoded
 * UTF-8 is decoded. Throws TypeError for another URL.
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
