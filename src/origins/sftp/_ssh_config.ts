/** The parts of OpenSSH's client configuration that are used; undefined where the file says nothing. */
export interface SshHostConfig {
  readonly hostName: string | undefined;
  readonly port: number | undefined;
  readonly user: string | undefined;
  readonly identityFiles: readonly string[];
  readonly knownHostsFiles: readonly string[] | undefined;
  /** The name under which known_hosts has the host's key. */
  readonly hostKeyAlias: string | undefined;
  /** The socket of an agent, "none" for no agent, a variable as `$NAME`, or the word SSH_AUTH_SOCK. */
  readonly identityAgent: string | undefined;
  readonly identitiesOnly: boolean;
  /** A line that routes the connection another way, such as "ProxyJump bastion". */
  readonly proxy: string | undefined;
  /** Messages about lines that were passed over although they may matter. */
  readonly notes: readonly string[];
}

/** Returns the texts of the files that a pattern of `Include` names. */
export type ReadIncluded = (pattern: string) => readonly string[];

/** The limit for files that include each other, as in ssh(1). */
const INCLUDE_DEPTH_MAX = 16;

/**
 * Reads the settings of a host from the text of an `ssh_config(5)` file: those of all `Host` and `Match` blocks that
 * match. The first value counts; identity files add up. Of `Match`, `all`, `host` and `originalhost` are understood.
 */
export function sshConfigOf(
  text: string,
  host: string,
  home: string,
  readIncluded: ReadIncluded = () => [],
): SshHostConfig {
  const first = new Map<string, string>();
  const identityFiles: string[] = [];
  const notes: string[] = [];
  const one = (name: string) => words(first.get(name) ?? "")[0];
  const path = (name: string) => expand(name, host, home);
  const hostName = () => one("hostname")?.replaceAll("%h", host);

  const matches = (criteria: readonly string[], line: string): boolean => {
    let isMatch = true;
    for (let at = 0; at < criteria.length; at++) {
      const isNegated = criteria[at]!.startsWith("!");
      const name = criteria[at]!.slice(isNegated ? 1 : 0).toLowerCase();
      if (name === "all") continue;
      if (name !== "host" && name !== "originalhost") {
        notes.push(`"${line.trim()}" is passed over`);
        return false;
      }
      const subject = name === "host" ? hostName() ?? host : host;
      const patterns = (criteria[++at] ?? "").split(",");
      if (matchesHostPatterns(patterns, subject) === isNegated) isMatch = false;
    }
    return isMatch;
  };
  const read = (text: string, isOuterMatch: boolean, depth: number): void => {
    let applies = isOuterMatch;
    for (const line of text.split("\n")) {
      const [, keyword, rest] = /^\s*(\w+)(?:\s*=\s*|\s+)(.*?)\s*$/.exec(line) ?? [];
      if (keyword === undefined || rest === undefined) continue;
      const name = keyword.toLowerCase();
      if (name === "host") applies = isOuterMatch && matchesHostPatterns(words(rest), host);
      else if (name === "match") applies = isOuterMatch && matches(words(rest), line);
      else if (!applies) continue;
      else if (name === "include" && depth < INCLUDE_DEPTH_MAX) {
        for (const pattern of words(rest)) {
          for (const included of readIncluded(path(pattern))) read(included, true, depth + 1);
        }
      } else if (name === "identityfile") identityFiles.push(...words(rest));
      else if (!first.has(name)) first.set(name, rest);
    }
  };
  read(text, true, 0);

  const knownHosts = first.get("userknownhostsfile");
  const port = Number(one("port"));
  const agent = one("identityagent");
  const isSet = (name: string) => first.has(name) && one(name)?.toLowerCase() !== "none";
  const proxy = ["ProxyJump", "ProxyCommand"].find((name) => isSet(name.toLowerCase()));
  return {
    hostName: hostName(),
    port: Number.isInteger(port) ? port : undefined,
    user: one("user"),
    identityFiles: identityFiles.filter((name) => name !== "none").map(path),
    knownHostsFiles: knownHosts === undefined ? undefined : words(knownHosts).map(path),
    hostKeyAlias: one("hostkeyalias"),
    identityAgent: agent === undefined ? undefined : path(agent),
    identitiesOnly: one("identitiesonly")?.toLowerCase() === "yes",
    proxy: proxy && `${proxy} ${first.get(proxy.toLowerCase())}`,
    notes,
  };
}

/** Whether a pattern (`*`, `?`) matches, and no negated (`!`) one. */
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

/** `*` stands for any characters, `?` for one. */
export function hostPattern(pattern: string): RegExp {
  const source = pattern.replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", ".*").replaceAll("?", ".");
  return new RegExp(`^${source}$`, "i");
}

/** The words of a line; double quotes hold a word together. */
export function words(text: string): string[] {
  return [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!);
}

function expand(path: string, host: string, home: string): string {
  const tokens: Record<string, string> = { "%d": home, "%h": host, "%%": "%" };
  return path.replace(/^~(?=\/)/, home).replace(/%[dh%]/g, (token) => tokens[token]!);
}
