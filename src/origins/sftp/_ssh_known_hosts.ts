import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import { matchesHostPatterns } from "./_ssh_config.ts";

/** One line of a known_hosts file, for the host in question. */
export interface KnownKey {
  /** The type of the key, such as "ssh-ed25519". */
  readonly type: string;
  /** The key's bytes on the wire, in base64. */
  readonly key: string;
  readonly isRevoked: boolean;
  /** File and line, for messages. */
  readonly at: string;
}

export type HostKeyVerdict =
  | { readonly kind: "known" }
  | { readonly kind: "unknown" }
  | { readonly kind: "changed"; readonly known: KnownKey }
  | { readonly kind: "revoked"; readonly known: KnownKey };

const SSH_PORT = 22;

/** The name of a host in known_hosts, as OpenSSH writes it. */
export function knownHostsName(host: string, port: number): string {
  return port === SSH_PORT ? host : `[${host}]:${port}`;
}

/**
 * The keys that a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT") has for a host. Names may be hashed,
 * contain wildcards and be negated. Lines of certificate authorities are passed over: certificates are not supported,
 * and a server with a certificate has a plain key too.
 */
export function knownKeysOf(text: string, file: string, host: string, port: number): KnownKey[] {
  const name = knownHostsName(host.toLowerCase(), port);
  const keys: KnownKey[] = [];
  for (const [index, line] of text.split("\n").entries()) {
    const fields = line.trim().split(/\s+/);
    const marker = fields[0]?.startsWith("@") ? fields.shift() : undefined;
    const [hosts, type, key] = fields;
    if (hosts === undefined || hosts.startsWith("#") || type === undefined || key === undefined) {
      continue;
    }
    if (marker !== undefined && marker !== "@revoked") continue;
    if (!matchesHosts(hosts, name)) continue;
    keys.push({ type, key, isRevoked: marker === "@revoked", at: `${file}:${index + 1}` });
  }
  return keys;
}

/** Compares the key that a host shows with its known keys. */
export function judgeHostKey(keys: readonly KnownKey[], shown: Uint8Array): HostKeyVerdict {
  const key = Buffer.from(shown).toString("base64");
  const revoked = keys.find((known) => known.isRevoked && known.key === key);
  if (revoked !== undefined) return { kind: "revoked", known: revoked };
  const trusted = keys.filter((known) => !known.isRevoked);
  if (trusted.some((known) => known.key === key)) return { kind: "known" };
  const known = trusted.find(({ type }) => type === keyType(shown)) ?? trusted[0];
  return known === undefined ? { kind: "unknown" } : { kind: "changed", known };
}

/** The type of a key's wire format, which is its first field. */
export function keyType(key: Uint8Array): string {
  const length = new DataView(key.buffer, key.byteOffset, key.length).getUint32(0);
  return new TextDecoder().decode(key.subarray(4, 4 + length));
}

/** The fingerprint of a key, as `ssh-keygen -l` shows it. */
export function fingerprint(key: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`;
}

function matchesHosts(hosts: string, name: string): boolean {
  if (!hosts.startsWith("|1|")) return matchesHostPatterns(hosts.split(","), name);
  const [salt, hash] = hosts.slice("|1|".length).split("|");
  if (salt === undefined || hash === undefined) return false;
  const hmac = createHmac("sha1", Buffer.from(salt, "base64"));
  return hmac.update(name).digest("base64") === hash;
}
