import { connect as connectSocket } from "node:net";
import { userInfo } from "node:os";
import { messageOf } from "../base/mod.ts";
import { OriginUnreachable } from "./origin.ts";
import type { SftpAddress } from "./_sftp_address.ts";
import { type SftpChannel, SftpSession } from "./_sftp_session.ts";
import { sshConfigOf } from "./_ssh_config.ts";
import { gatherCredentials, type SshLogin, type SshPlaces } from "./_ssh_credentials.ts";
import {
  fingerprint,
  type HostKeyVerdict,
  judgeHostKey,
  keyType,
  knownHostsName,
  type KnownKey,
  knownKeysOf,
} from "./_ssh_known_hosts.ts";

const SSH_PORT = 22;
/** Keeps routers from forgetting a connection that rests, and notices within a minute that one is dead. */
const KEEPALIVE_MS = 15_000;
const KEEPALIVES_MAX = 2;
/** ssh2 lets a server have 2 MiB under way, which is 40 MB/s over 50 ms; it is given this many more. */
const WINDOW_BYTES_MORE = 14 * 1024 * 1024;
const GLOBAL_KNOWN_HOSTS = "/etc/ssh/ssh_known_hosts";
/**
 * The fastest first, in Deno's cryptography: 280, 240 and, for AES-GCM, which is ssh2's first choice, 180 MB/s. Deno 2.4
 * lacks the first, and its AES-GCM does not work with ssh2.
 */
const FASTEST_CIPHERS = ["chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-ctr"];

/** Where and as whom to connect, after ~/.ssh/config was heeded. */
interface SshTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly identityFiles: readonly string[];
  readonly knownHostsFiles: readonly string[];
}

interface Preference {
  readonly remove: readonly RegExp[];
  readonly prepend: readonly RegExp[];
}

/** What is used of a connection of ssh2. */
interface SshClient {
  on(event: "ready" | "close", listener: () => void): unknown;
  on(event: "error", listener: (error: SshError) => void): unknown;
  connect(options: Record<string, unknown>): unknown;
  subsys(name: string, done: (error: Error | undefined, channel: SshChannel) => void): unknown;
  /** Not part of ssh2's public face: widening a window is. */
  readonly _protocol?: { channelWindowAdjust?(channel: number, bytes: number): void };
}

interface SshChannel extends SftpChannel {
  readonly outgoing?: { readonly id: number };
  readonly stderr: { resume(): void };
}

interface SshError extends Error {
  /** Which part of ssh2 it is from. */
  readonly level?: string;
}

/**
 * Opens a session with the SFTP server of a host. Throws OriginUnreachable, permanent where somebody has to do
 * something first: an unknown or changed host key, no credentials that the server takes. Rejects with the signal's
 * reason, and lets go of everything.
 */
export async function connectSftp(
  originId: string,
  address: SftpAddress,
  places: SshPlaces,
  signal: AbortSignal,
): Promise<SftpSession> {
  const { default: ssh2 } = await import("ssh2");
  signal.throwIfAborted();
  const target = resolveTarget(address, places);
  const name = `sftp://${target.user}@${target.host}:${target.port}`;
  const known = readKnownKeys(target);
  const { logins, missing: absent } = gatherCredentials(
    originId,
    target.user,
    target.identityFiles,
    places,
    (key) => {
      const parsed = ssh2.utils.parseKey(key);
      if (parsed instanceof Error) return parsed.message;
      return parsed.isPrivateKey() ? undefined : "it is not a private key";
    },
  );
  const missing = [...absent];
  const tried: string[] = [];
  const untried = [...logins];
  const nextLogin = (): SshLogin | false => {
    const next = untried.shift();
    if (next === undefined) return false;
    tried.push(next.name);
    return next.login;
  };
  let hostKeyProblem: OriginUnreachable | undefined;
  const client = new ssh2.Client() as unknown as SshClient;
  const socket = connectSocket({ host: target.host, port: target.port, noDelay: true });
  return await new Promise<SftpSession>((resolve, reject) => {
    let session: SftpSession | undefined;
    const fail = (error: unknown) => {
      signal.removeEventListener("abort", onAbort);
      socket.destroy();
      reject(error);
    };
    const onAbort = () => fail(signal.reason);
    signal.addEventListener("abort", onAbort, { once: true });
    client.on("error", (error) => {
      if (error.level === "agent") {
        missing.push(`ssh-agent: ${error.message}`);
        return;
      }
      const problem = hostKeyProblem ?? connectionProblem(name, error, tried, missing);
      session?.end(problem);
      fail(problem);
    });
    client.on("close", () => {
      const problem = new OriginUnreachable(`Cannot reach ${name}: the connection was lost`);
      session?.end(problem);
      fail(problem);
    });
    client.on("ready", () =>
      client.subsys("sftp", async (error, channel) => {
        if (error !== undefined) return fail(subsystemProblem(name, error));
        channel.stderr.resume();
        if (channel.outgoing !== undefined) {
          client._protocol?.channelWindowAdjust?.(channel.outgoing.id, WINDOW_BYTES_MORE);
        }
        try {
          session = await SftpSession.start(channel, () => socket.destroy());
          signal.removeEventListener("abort", onAbort);
          resolve(session);
        } catch (error) {
          fail(error);
        }
      }));
    client.connect({
      sock: socket,
      username: target.user,
      readyTimeout: 0,
      keepaliveInterval: KEEPALIVE_MS,
      keepaliveCountMax: KEEPALIVES_MAX,
      algorithms: {
        cipher: preferring(FASTEST_CIPHERS),
        serverHostKey: preferTypesOf(known),
      },
      authHandler: nextLogin,
      hostVerifier: (key: Uint8Array) => {
        hostKeyProblem = hostKeyProblemOf(name, target, key, judgeHostKey(known, key));
        return hostKeyProblem === undefined;
      },
    });
  });
}

function resolveTarget(address: SftpAddress, { home, environment }: SshPlaces): SshTarget {
  const config = sshConfigOf(readText(`${home}/.ssh/config`) ?? "", address.host, home);
  return {
    host: config.hostName ?? address.host,
    port: address.port ?? config.port ?? SSH_PORT,
    user: address.user ?? config.user ?? environment("USER") ?? environment("LOGNAME") ??
      userInfo().username,
    identityFiles: config.identityFiles,
    knownHostsFiles: [
      ...config.knownHostsFiles ?? [`${home}/.ssh/known_hosts`, `${home}/.ssh/known_hosts2`],
      GLOBAL_KNOWN_HOSTS,
    ],
  };
}

function readKnownKeys({ knownHostsFiles, host, port }: SshTarget): KnownKey[] {
  return knownHostsFiles.flatMap((file) => knownKeysOf(readText(file) ?? "", file, host, port));
}

/** Asks for a key of a type that is known first: a server has several, and any other would be a stranger. */
function preferTypesOf(known: readonly KnownKey[]): Preference {
  const types = known.flatMap(({ type }) =>
    type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", type] : [type]
  );
  return preferring(types);
}

function hostKeyProblemOf(
  name: string,
  { host, port, user, knownHostsFiles }: SshTarget,
  key: Uint8Array,
  verdict: HostKeyVerdict,
): OriginUnreachable | undefined {
  if (verdict.kind === "known") return undefined;
  const shown = `${keyType(key)} ${fingerprint(key)}`;
  const listed = knownHostsName(host, port);
  const file = knownHostsFiles[0];
  const reason = verdict.kind === "unknown"
    ? `its host key (${shown}) is not known; if that is the right one, run ` +
      `"ssh -p ${port} ${user}@${host}" once, or "ssh-keyscan -p ${port} ${host} >> ${file}"`
    : verdict.kind === "revoked"
    ? `its host key (${shown}) is revoked in ${verdict.known.at}`
    : `ITS HOST KEY HAS CHANGED to ${shown}, which is not the one of ${verdict.known.at}: another ` +
      `machine may be answering; if the change is meant, run "ssh-keygen -R '${listed}' -f ${file}" and ` +
      `"ssh-keyscan -p ${port} ${host} >> ${file}"`;
  return new OriginUnreachable(`Cannot connect to ${name}: ${reason}`, { isPermanent: true });
}

function connectionProblem(
  name: string,
  error: SshError,
  tried: readonly string[],
  missing: readonly string[],
): OriginUnreachable {
  const isLogin = error.level === "client-authentication" ||
    /too many authentication failures/i.test(error.message);
  if (!isLogin) {
    return new OriginUnreachable(`Cannot reach ${name}: ${error.message}`, { cause: error });
  }
  const ways = tried.length === 0 ? "nothing to log in with" : `tried ${tried.join(", ")}`;
  const message = `Cannot log in to ${name}: permission denied (${[ways, ...missing].join("; ")})`;
  return new OriginUnreachable(message, { cause: error, isPermanent: true });
}

function subsystemProblem(name: string, error: Error): OriginUnreachable {
  return new OriginUnreachable(`Cannot use SFTP of ${name}: ${messageOf(error)}`, { cause: error });
}

/** Moves algorithms to the front of ssh2's own list, as far as it has them: it throws for a name it doesn't know. */
function preferring(names: readonly string[]): Preference {
  const patterns = names.map((name) => new RegExp(`^${name.replace(/[^\w-]/g, "\\$&")}$`));
  return { remove: patterns, prepend: patterns };
}

function readText(file: string): string | undefined {
  try {
    return Deno.readTextFileSync(file);
  } catch {
    return undefined;
  }
}
