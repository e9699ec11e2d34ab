import { connect as connectSocket } from "node:net";
import { messageOf } from "../../base/mod.ts";
import { OriginUnreachable } from "../origin.ts";
import type { RefusedPassword } from "../refused_password.ts";
import type { SftpAddress } from "./_address.ts";
import { type SftpChannel, SftpSession } from "./_session.ts";
import {
  gatherCredentials,
  type KeyboardPrompt,
  type SshLogin,
  type SshPlaces,
} from "./_ssh_credentials.ts";
import {
  fingerprint,
  type HostKeyVerdict,
  judgeHostKey,
  keyType,
  knownHostsName,
  type KnownKey,
} from "./_ssh_known_hosts.ts";
import { asksForPassword } from "./_ssh_password.ts";
import { readKnownKeys, resolveTarget, type SshTarget } from "./_ssh_target.ts";

/**
 * The interval of keepalives. They keep routers from forgetting an idle connection, and reveal a dead one within a
 * minute.
 */
const KEEPALIVE_MS = 15_000;
const KEEPALIVES_MAX = 2;
/** ssh2 lets a server send 2 MiB ahead, which limits it to 40 MB/s over a round trip of 50 ms. This much is added. */
const WINDOW_BYTES_MORE = 14 * 1024 * 1024;
/**
 * The ciphers that are fastest in Deno's cryptography come first: 280, 240 and, for AES-GCM, which is ssh2's first
 * choice, 180 MB/s. Deno 2.4 lacks the first, and its AES-GCM does not work with ssh2.
 */
const FASTEST_CIPHERS = ["chacha20-poly1305@openssh.com", "aes128-ctr", "aes256-ctr"];

/** ssh2's message when client and server have no algorithm in common. */
const NO_MATCH = /no matching (.+)$/i;
/** How many characters of the server's offers a message shows. */
const OFFERS_LENGTH_MAX = 400;
/** How long to wait for the server to repeat its offers. */
const OFFER_MS = 5_000;

interface Preference {
  readonly remove: readonly RegExp[];
  readonly prepend: readonly RegExp[];
}

/** The parts of a connection of ssh2 that are used. */
interface SshClient {
  on(event: "ready" | "close" | "change password", listener: () => void): unknown;
  on(event: "error", listener: (error: SshError) => void): unknown;
  connect(options: Record<string, unknown>): unknown;
  subsys(name: string, done: (error: Error | undefined, channel: SshChannel) => void): unknown;
  /** Not part of ssh2's public interface, which has no way to widen a window. */
  readonly _protocol?: { channelWindowAdjust?(channel: number, bytes: number): void };
}

interface SshChannel extends SftpChannel {
  readonly outgoing?: { readonly id: number };
  readonly stderr: { resume(): void };
}

interface SshError extends Error {
  /** The part of ssh2 that the error comes from. */
  readonly level?: string;
}

export interface SshLoginOptions {
  readonly places: SshPlaces;
  readonly refused: RefusedPassword;
}

/**
 * Opens a session with the SFTP server of a host. Throws OriginUnreachable; it is permanent when somebody has to do
 * something first: an unknown or changed host key, or no credentials that the server accepts. Rejects with the
 * signal's reason, and closes everything.
 */
export async function connectSftp(
  originId: string,
  address: SftpAddress,
  { places, refused }: SshLoginOptions,
  signal: AbortSignal,
): Promise<SftpSession> {
  const { default: ssh2 } = await import("ssh2");
  signal.throwIfAborted();
  const target = resolveTarget(address, places);
  const name = `sftp://${target.user}@${target.host}:${target.port}`;
  const known = readKnownKeys(target);
  const { logins, password, missing: absent } = gatherCredentials(
    originId,
    target.user,
    target.config,
    places,
    (key) => {
      const parsed = ssh2.utils.parseKey(key);
      if (parsed instanceof Error) return parsed.message;
      return parsed.isPrivateKey() ? undefined : "it is not a private key";
    },
  );
  const missing = [...absent, ...target.config.notes.map((note) => `~/.ssh/config: ${note}`)];
  const tried: string[] = [];
  const untried = [...logins];
  let isPasswordSent = false;
  let hasTalked = false;
  /** A login with the password, in the way that the server accepts. One attempt to connect sends the password once. */
  const passwordLogin = (offered: readonly string[]): SshLogin | false => {
    if (password === undefined || isPasswordSent || hasTalked) return false;
    const { name, text } = password;
    if (refused.is(text)) {
      missing.push(
        `${name} was refused, and is sent again when it has changed, a scan is asked for or ` +
          "MusicFS is started again",
      );
      return false;
    }
    const username = target.user;
    const send = () => {
      isPasswordSent = true;
      tried.push(name);
    };
    if (offered.includes("password")) {
      send();
      return { type: "password", username, password: text };
    }
    if (!offered.includes("keyboard-interactive")) {
      missing.push(`the server takes no password, but ${offered.join(", ") || "nothing"}`);
      return false;
    }
    const prompt: KeyboardPrompt = (name, instructions, _language, prompts, finish) => {
      if (prompts.length === 0) return finish([]);
      if (!isPasswordSent && asksForPassword(name, instructions, prompts)) {
        send();
        return finish([text]);
      }
      missing.push(`the server asks ${JSON.stringify(prompts[0]!.prompt.slice(0, 80))}`);
      finish(prompts.map(() => ""));
    };
    hasTalked = true;
    return { type: "keyboard-interactive", username, prompt };
  };
  const nextLogin = (offered: readonly string[] | null): SshLogin | false => {
    for (let next = untried.shift(); next !== undefined; next = untried.shift()) {
      if (offered !== null && !offered.includes("publickey")) continue;
      tried.push(next.name);
      return next.login;
    }
    return offered === null ? { type: "none", username: target.user } : passwordLogin(offered);
  };
  let hasNoMatch = false;
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
    client.on("error", async (error) => {
      if (error.level === "agent") {
        missing.push(`ssh-agent: ${error.message}`);
        return;
      }
      if (NO_MATCH.test(error.message)) {
        hasNoMatch = true;
        const offered = await offersOf(
          () => new ssh2.Client() as unknown as SshClient,
          target,
          error,
        );
        return fail(
          new OriginUnreachable(`Cannot connect to ${name}: ${offered}`, { isPermanent: true }),
        );
      }
      if (isPasswordSent && isLoginError(error)) refused.note(password!.text);
      const problem = hostKeyProblem ?? connectionProblem(name, error, tried, missing);
      session?.end(problem);
      fail(problem);
    });
    client.on("close", () => {
      // Why the connection closed is still being found out.
      if (hasNoMatch) return;
      const problem = new OriginUnreachable(`Cannot reach ${name}: the connection was lost`);
      session?.end(problem);
      fail(problem);
    });
    client.on("change password", () => {
      if (isPasswordSent) refused.note(password!.text);
      const message = `Cannot log in to ${name}: the server wants a new password to be chosen`;
      fail(new OriginUnreachable(message, { isPermanent: true }));
    });
    client.on("ready", () => {
      if (isPasswordSent) refused.forget();
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
      });
    });
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

/**
 * Asks first for host keys of the types that are known. A server has several keys, and one of another type would be
 * unknown.
 */
function preferTypesOf(known: readonly KnownKey[]): Preference {
  const types = known.flatMap(({ type }) =>
    type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", type] : [type]
  );
  return preferring(types);
}

function hostKeyProblemOf(
  name: string,
  { host, port, user, keyName, knownHostsFiles }: SshTarget,
  key: Uint8Array,
  verdict: HostKeyVerdict,
): OriginUnreachable | undefined {
  if (verdict.kind === "known") return undefined;
  const shown = `${keyType(key)} ${fingerprint(key)}`;
  const listed = knownHostsName(keyName.host, keyName.port);
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

function isLoginError({ level, message }: SshError): boolean {
  return level === "client-authentication" || /too many authentication failures/i.test(message);
}

function connectionProblem(
  name: string,
  error: SshError,
  tried: readonly string[],
  missing: readonly string[],
): OriginUnreachable {
  if (!isLoginError(error)) {
    return new OriginUnreachable(`Cannot reach ${name}: ${error.message}`, { cause: error });
  }
  const ways = tried.length === 0 ? "nothing to log in with" : `tried ${tried.join(", ")}`;
  const message = `Cannot log in to ${name}: permission denied (${[ways, ...missing].join("; ")})`;
  return new OriginUnreachable(message, { cause: error, isPermanent: true });
}

/** The algorithms of a server that shares none with us: connects once more and reads its offers. */
async function offersOf(
  newClient: () => SshClient,
  { host, port }: SshTarget,
  error: SshError,
): Promise<string> {
  const kind = NO_MATCH.exec(error.message)![1]!.replace(/ algorithm$/, "");
  const offers = new Map<string, string>();
  await new Promise<void>((resolve) => {
    const client = newClient();
    client.on("error", () => resolve());
    client.on("close", () => resolve());
    client.connect({
      host,
      port,
      username: "nobody",
      readyTimeout: OFFER_MS,
      debug: (line: string) => {
        const [, what, names] = /^Handshake: \(remote\) (.+?): (.*)$/.exec(line) ?? [];
        if (what !== undefined) offers.set(what.toLowerCase(), names!);
      },
    });
  });
  const offered = offers.get(kind === "key exchange" ? "kex method" : kind.toLowerCase());
  return `it has no ${kind} that MusicFS knows` +
    (offered === undefined ? "" : `; it offers ${offered.slice(0, OFFERS_LENGTH_MAX)}`) +
    `; let it offer others, or give the origin an ssh_command`;
}

function subsystemProblem(name: string, error: Error): OriginUnreachable {
  return new OriginUnreachable(`Cannot use SFTP of ${name}: ${messageOf(error)}`, { cause: error });
}

/**
 * Moves algorithms to the front of ssh2's own list. ssh2 throws for a name that it doesn't have, so patterns are
 * used, which need not match.
 */
function preferring(names: readonly string[]): Preference {
  const patterns = names.map((name) => new RegExp(`^${name.replace(/[^\w-]/g, "\\$&")}$`));
  return { remove: patterns, prepend: patterns };
}
