import type { SshHostConfig } from "./_ssh_config.ts";
import type { AskedPrompt } from "./_ssh_password.ts";

/** Where a user keeps what SSH needs: the home directory and the environment. */
export interface SshPlaces {
  readonly home: string;
  readonly environment: (name: string) => string | undefined;
}

/** A way to log in, in the form that ssh2 takes. */
export type SshLogin =
  /** Asks which ways the server accepts. */
  | { readonly type: "none"; readonly username: string }
  | { readonly type: "agent"; readonly username: string; readonly agent: string }
  | { readonly type: "publickey"; readonly username: string; readonly key: string }
  | { readonly type: "password"; readonly username: string; readonly password: string }
  | {
    readonly type: "keyboard-interactive";
    readonly username: string;
    readonly prompt: KeyboardPrompt;
  };

export type KeyboardPrompt = (
  name: string,
  instructions: string,
  language: string,
  prompts: readonly AskedPrompt[],
  finish: (answers: string[]) => void,
) => void;

/** The ways to log in, best first, each with its name; and what was looked for in vain, with the reasons. */
export interface SshCredentials {
  readonly logins: readonly { readonly name: string; readonly login: SshLogin }[];
  /** The password, which is tried last, and the variable that it comes from. */
  readonly password: { readonly name: string; readonly text: string } | undefined;
  readonly missing: readonly string[];
}

const DEFAULT_KEYS = ["id_ed25519", "id_ecdsa", "id_rsa"];

export function systemPlaces(): SshPlaces {
  return { home: Deno.env.get("HOME") ?? "/", environment: (name) => Deno.env.get(name) };
}

/**
 * Gathers what a user can log in with: the agent, keys without a passphrase, a password from the environment. It is
 * read for each connection, so that a new key is used without a restart.
 *
 * @param keyProblem why a private key can't be used; undefined when it can
 */
export function gatherCredentials(
  originId: string,
  username: string,
  config: Pick<SshHostConfig, "identityFiles" | "identityAgent" | "identitiesOnly">,
  { home, environment }: SshPlaces,
  keyProblem: (key: string) => string | undefined,
): SshCredentials {
  const { identityFiles } = config;
  const logins: { name: string; login: SshLogin }[] = [];
  const missing: string[] = [];
  const agent = agentOf(config.identityAgent, environment);
  if (agent === undefined) missing.push("no ssh-agent");
  // Only OpenSSH knows which of the agent's keys belong to which file.
  else if (config.identitiesOnly) {
    missing.push("ssh-agent is not asked, as ~/.ssh/config has IdentitiesOnly");
  } else logins.push({ name: "ssh-agent", login: { type: "agent", username, agent } });
  const files = identityFiles.length > 0
    ? identityFiles
    : DEFAULT_KEYS.map((name) => `${home}/.ssh/${name}`);
  for (const file of files) {
    const name = file.startsWith(`${home}/`) ? `~${file.slice(home.length)}` : file;
    let key: string;
    try {
      key = Deno.readTextFileSync(file);
    } catch (error) {
      if (identityFiles.length > 0 || !(error instanceof Deno.errors.NotFound)) {
        missing.push(`${name} cannot be read`);
      }
      continue;
    }
    const problem = keyProblem(key);
    if (problem !== undefined) missing.push(`${name} is passed over: ${problem}`);
    else logins.push({ name, login: { type: "publickey", username, key } });
  }
  const own = `MUSICFS_SFTP_PASSWORD_${originId.toUpperCase().replaceAll("-", "_")}`;
  const variable = environment(own) ? own : "MUSICFS_SFTP_PASSWORD";
  const password = environment(variable);
  if (!password) missing.push(`no ${own} or MUSICFS_SFTP_PASSWORD`);
  return { logins, password: password ? { name: variable, text: password } : undefined, missing };
}

function agentOf(
  configured: string | undefined,
  environment: SshPlaces["environment"],
): string | undefined {
  if (configured === undefined || configured === "SSH_AUTH_SOCK") {
    return environment("SSH_AUTH_SOCK") || undefined;
  }
  if (configured === "none") return undefined;
  const variable = /^\$\{?(\w+)\}?$/.exec(configured)?.[1];
  return variable === undefined ? configured : environment(variable) || undefined;
}
