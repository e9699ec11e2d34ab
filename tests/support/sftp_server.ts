/**
 * OpenSSH's own `sshd` on a free port of this machine, for one test. Its keys, its configuration and the home
 * directory of the connecting user lie in a temporary directory. The user is the one who runs the test.
 *
 * @module
 */
import { userInfo } from "node:os";
import type { SshPlaces } from "../../src/origins/sftp/_ssh_credentials.ts";
import { exists, needs } from "./needs.ts";
import { until } from "./until.ts";

const SSHD = "/usr/sbin/sshd";
/**
 * The directory to which sshd confines its unprivileged part. Usually the package's service makes it; in a container
 * that has not run.
 */
const PRIVILEGE_SEPARATION = "/run/sshd";

export function hasSftpServer(): boolean {
  return needs(SSHD, "ssh-keygen", "ssh-agent", "ssh-add");
}

export class SftpServer implements AsyncDisposable {
  /** The directory of everything below; it is deleted at the end. */
  readonly base: string;
  /** The directory that the origin shows. */
  readonly music: string;
  /**
   * The home directory of the connecting user. At first it holds a key that the server accepts, and knows the server.
   */
  readonly home: string;
  readonly port: number;
  readonly user: string = userInfo().username;
  readonly environment = new Map<string, string>();
  #child: Deno.ChildProcess | undefined;
  #reading: Promise<void> | undefined;
  #agent: number | undefined;
  #lines: readonly string[] = [];
  #said = "";

  private constructor(base: string, port: number) {
    this.base = base;
    this.music = `${base}/music`;
    this.home = `${base}/home`;
    this.port = port;
  }

  static async start(): Promise<SftpServer> {
    const server = new SftpServer(Deno.makeTempDirSync(), freePort());
    Deno.chmodSync(server.base, 0o755);
    Deno.mkdirSync(server.music);
    Deno.mkdirSync(`${server.home}/.ssh`, { recursive: true });
    makeKey(`${server.base}/host_key`);
    makeKey(server.keyFile);
    Deno.copyFileSync(`${server.keyFile}.pub`, `${server.base}/authorized_keys`);
    server.know();
    await server.startServer();
    return server;
  }

  get keyFile(): string {
    return `${this.home}/.ssh/id_ed25519`;
  }

  get knownHosts(): string {
    return `${this.home}/.ssh/known_hosts`;
  }

  get places(): SshPlaces {
    return { home: this.home, environment: (name) => this.environment.get(name) };
  }

  /** The URL of the origin; `port` may be that of a proxy. */
  url(options: { path?: string; port?: number; user?: string } = {}): string {
    const { path = this.music, port = this.port, user = this.user } = options;
    return `sftp://${user}@127.0.0.1:${port}${path.split("/").map(encodeURIComponent).join("/")}`;
  }

  /** The lines that the server has logged since it was started. */
  get log(): string {
    return this.#said;
  }

  /** Puts the server's key into known_hosts, for the server's port or a proxy's. */
  know(port: number = this.port): void {
    const [type, key] = Deno.readTextFileSync(`${this.base}/host_key.pub`).split(" ");
    Deno.writeTextFileSync(this.knownHosts, `[127.0.0.1]:${port} ${type} ${key}\n`, {
      append: true,
    });
  }

  /** Gives the server another key, which it shows after a restart. */
  changeHostKey(): void {
    Deno.removeSync(`${this.base}/host_key`);
    makeKey(`${this.base}/host_key`);
  }

  /** Starts a real agent with the user's key, and removes the key's file. */
  async moveKeyToAgent(): Promise<void> {
    const socket = `${this.base}/agent`;
    const agent = new Deno.Command("ssh-agent", { args: ["-D", "-a", socket], stdout: "null" })
      .spawn();
    this.#agent = agent.pid;
    agent.unref();
    await until("the agent listens", 5_000, () => exists(socket));
    run("ssh-add", ["-q", this.keyFile], { SSH_AUTH_SOCK: socket });
    Deno.removeSync(this.keyFile);
    this.environment.set("SSH_AUTH_SOCK", socket);
  }

  async startServer(): Promise<void> {
    if (this.user === "root") {
      Deno.mkdirSync(PRIVILEGE_SEPARATION, { recursive: true, mode: 0o755 });
    }
    Deno.writeTextFileSync(`${this.base}/sshd_config`, this.#configuration());
    const args = ["-D", "-e", "-f", `${this.base}/sshd_config`];
    const child = new Deno.Command(SSHD, { args, stdout: "null", stderr: "piped" }).spawn();
    this.#child = child;
    this.#said = "";
    const reading = (async () => {
      for await (const bytes of child.stderr) this.#said += new TextDecoder().decode(bytes);
    })();
    await until("sshd listens", 10_000, () => {
      if (this.#said.includes("Server listening")) return true;
      if (/fatal|missing|unsupported|error/i.test(this.#said)) {
        throw new Error(`Cannot start sshd: ${this.#said}`);
      }
      return false;
    });
    this.#reading = reading;
  }

  /** Ends the server and all its connections. */
  async stopServer(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    this.#child = undefined;
    const sessions = descendantsOf(child.pid);
    child.kill("SIGTERM");
    for (const pid of sessions) end(pid);
    await child.status;
    await this.#reading;
  }

  /** Restarts the server with further lines of sshd_config(5), which precede its own. */
  async configure(lines: readonly string[]): Promise<void> {
    this.#lines = lines;
    await this.restart();
  }

  async restart(): Promise<void> {
    await this.stopServer();
    await this.startServer();
  }

  /** Ends all connections; the server still listens. */
  cutConnections(): void {
    for (const pid of descendantsOf(this.#child!.pid)) end(pid);
  }

  /** Halts all present connections while `work` runs, as if their cables were pulled. New ones can be made. */
  async whileHalted(work: () => Promise<void>): Promise<void> {
    const halted = descendantsOf(this.#child!.pid);
    for (const pid of halted) Deno.kill(pid, "SIGSTOP");
    try {
      await work();
    } finally {
      for (const pid of halted) Deno.kill(pid, "SIGCONT");
    }
  }

  /**
   * The name of a user who may not read everything: another user when this one is root. The same key admits that user.
   */
  admitOther(): string {
    return this.user === "root" ? "nobody" : this.user;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopServer();
    if (this.#agent !== undefined) end(this.#agent);
    Deno.removeSync(this.base, { recursive: true });
  }

  #configuration(): string {
    return [
      ...this.#lines,
      `Port ${this.port}`,
      "ListenAddress 127.0.0.1",
      `HostKey ${this.base}/host_key`,
      `AuthorizedKeysFile ${this.base}/authorized_keys`,
      "PidFile none",
      "UsePAM no",
      "UseDNS no",
      "StrictModes no",
      "PasswordAuthentication no",
      "KbdInteractiveAuthentication no",
      "PermitRootLogin prohibit-password",
      "Subsystem sftp internal-sftp",
      "",
    ].join("\n");
  }
}

function makeKey(file: string): void {
  run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "musicfs test", "-f", file]);
}

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** The descendants of a process, the deepest first. */
function descendantsOf(pid: number): number[] {
  let children: number[] = [];
  try {
    const text = Deno.readTextFileSync(`/proc/${pid}/task/${pid}/children`);
    children = text.split(" ").filter((word) => word.trim() !== "").map(Number);
  } catch {
    // The process has ended.
  }
  return children.flatMap((child) => [...descendantsOf(child), child]);
}

function end(pid: number): void {
  try {
    Deno.kill(pid, "SIGTERM");
  } catch {
    // The process has ended already.
  }
}

function run(command: string, args: string[], env: Record<string, string> = {}): void {
  const { success, stderr } = new Deno.Command(command, { args, env }).outputSync();
  if (!success) throw new Error(`Cannot run ${command}: ${new TextDecoder().decode(stderr)}`);
}
