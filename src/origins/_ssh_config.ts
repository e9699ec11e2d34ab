/** What of OpenSSH's client configuration is heeded; absent where the file says nothing. */
export interface SshHostConfig {
  readonly hostName: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly identityFiles: readonly string[];
  readonly knownHostsFiles: readonly string[] | undefined;
}

/**
 * Reads the settings of a host from the text of an `ssh_config(5)` file: HostName, Port, User, IdentityFile and
 * UserKnownHostsFile of all `Host` blocks that match; the first value counts, identity files add up. `Match` blocks
 * and included files are passed over.
 */
export function sshConfigOf(text: string, host: string, home: string): SshHostConfig {
  const first = new Map<string, string>();
  const identityFiles: string[] = [];
  let applies = true;
  for (const line of text.split("\n")) {
    const [, keyword, rest] = /^\s*(\w+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? [];
    if (keyword === undefined || rest === undefined) continue;
    const name = keyword.toLowerCase();
    if (name === "host") applies = matchesHostPatterns(words(rest), host);
    else if (name === "match") applies = false;
    else if (applies && name === "identityfile") identityFiles.push(...words(rest));
    else if (applies && !first.has(name)) first.set(name, rest);
  }
  const one = (name: string) => words(first.get(name) ?? "")[0];
  const path = (name: string) => expand(name, host, home);
  const knownHosts = first.get("userknownhostsfile");
  const port = Number(one("port"));
  return {
    hostName: one("hostname")?.replaceAll("%h", host),
    port: Number.isInteger(port) ? port : undefined,
    user: one("user"),
    identityFiles: identityFiles.filter((name) => name !== "none").map(path),
    knownHostsFiles: knownHosts === undefined ? undefined : words(knownHosts).map(path),
  };
}

/** Whether one of the patterns (`*`, `?`) matches and none of the negated (`!`) ones. */
export function matchesHostPatterns(patterns: readonly string[], host: string): boolean {
  let isMatch = false;
  for (const pattern of patterns) {
    const isNegated = pattern.startsWith("!");
    if (!hostPattern(isNegated ? pattern.slice(1) : pattern).test(host)) continue;
    if (isNegated) return false;
    isMatch = true;
  }
  return isMatch;
}

function hostPattern(pattern: string): RegExp {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i");
}

function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

function expand(path: string, host: string, home: string): string {
  const tokens: Record<string, string> = { "%d": home, "%h": host, "%%": "%" };
  return path.replace(/^~(?=\/)/, home).replace(/%[dh%]/g, (token) => tokens[token]!);
}
