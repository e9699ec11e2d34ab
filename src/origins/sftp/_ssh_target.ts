import { userInfo } from "node:os";
import { OriginUnreachable } from "../origin.ts";
import type { SftpAddress } from "./_address.ts";
import { hostPattern, sshConfigOf, type SshHostConfig } from "./_ssh_config.ts";
import type { SshPlaces } from "./_ssh_credentials.ts";
import { type KnownKey, knownKeysOf } from "./_ssh_known_hosts.ts";

const SSH_PORT = 22;
const GLOBAL_KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts";

/** The host to connect to and the user, after ~/.ssh/config was applied. */
export interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The host's name in known_hosts. */
  readonly keyName: { readonly host: string; readonly port: number };
  readonly knownHostsFiles: readonly string[];
  readonly config: SshHostConfig;
}

/** Throws OriginUnreachable, permanent, when the configuration needs what only OpenSSH can do. */
export function resolveTarget(address: SftpAddress, places: SshPlaces): SshTarget {
  const { home, environment } = places;
  const config = sshConfigOf(
    readText(`${home}/.ssh/config`) ?? "",
    address.host,
    home,
    (pattern) => included(pattern.startsWith("/") ? pattern : `${home}/.ssh/${pattern}`),
  );
  const host = config.hostName ?? address.host;
  const port = address.port ?? config.port ?? SSH_PORT;
  if (config.proxy !== undefined) {
    throw new OriginUnreachable(
      `Cannot connect to ${address.host}: ~/.ssh/config has "${config.proxy}" for it, which OpenSSH alone ` +
        `can do; give the origin ssh_command = "ssh -s ${address.host} sftp"`,
      { isPermanent: true },
    );
  }
  const alias = config.hostKeyAlias;
  return {
    host,
    port,
    user: address.user ?? config.user ?? environment("USER") ?? environment("LOGNAME") ??
      userInfo().username,
    // known_hosts has an alias without a port.
    keyName: alias === undefined ? { host, port } : { host: alias, port: SSH_PORT },
    knownHostsFiles: [
      ...config.knownHostsFiles ?? [`${home}/.ssh/known_hosts`, `${home}/.ssh/known_hosts2`],
      GLOBAL_KNOWN_HOSTS,
    ],
    config,
  };
}

export function readKnownKeys({ knownHostsFiles, keyName: { host, port } }: SshTarget): KnownKey[] {
  return knownHostsFiles.flatMap((file) => knownKeysOf(readText(file) ?? "", file, host, port));
}

/** The texts of the files that match a pattern with `*` and `?` in its last part, sorted by name. */
function included(pattern: string): string[] {
  const slash = pattern.lastIndexOf("/");
  const [directory, name] = [pattern.slice(0, slash), pattern.slice(slash + 1)];
  if (!/[*?]/.test(name)) return [readText(pattern) ?? ""];
  try {
    return Array.from(Deno.readDirSync(directory), (entry) => entry.name)
      .filter((entry) => hostPattern(name).test(entry))
      .sort()
      .map((entry) => readText(`${directory}/${entry}`) ?? "");
  } catch {
    return [];
  }
}

function readText(file: string): string | undefined {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return undefined;
  }
}
