/** How an SFTP origin logs in. */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import type { AddressInfo } from "node:net";
import { readBytes } from "../../src/origins/mod.ts";
import { SftpOrigin } from "../../src/origins/sftp/sftp_origin.ts";
import { writeLocal } from "../support/local_files.ts";
import { SftpServer } from "../support/sftp_server.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";
import { ignore, problemOf, test } from "../support/sftp_tests.ts";

test(
  "keys that the server doesn't take are named, and the error is permanent",
  async (server, origin) => {
    Deno.writeTextFileSync(`${server.base}/authorized_keys`, "");
    const key = Deno.readTextFileSync(server.keyFile);
    const args = ["-q", "-p", "-N", "a passphrase", "-f", `${server.home}/.ssh/id_rsa`];
    Deno.writeTextFileSync(`${server.home}/.ssh/id_rsa`, key, { mode: 0o600 });
    assert.ok(new Deno.Command("ssh-keygen", { args }).outputSync().success);
    server.environment.set("MUSICFS_SFTP_PASSWORD", "hush-hush");
    const problem = await problemOf(origin.check());
    assert.ok(problem.isPermanent);
    assert.match(
      problem.message,
      /permission denied \(tried ~\/\.ssh\/id_ed25519; .*the server takes no password, but publickey/,
    );
    assert.match(problem.message, /no ssh-agent; ~\/\.ssh\/id_rsa is passed over: Encrypted/);
    assert.ok(!problem.message.includes("hush-hush"));
  },
);

test("an agent is asked, and a missing agent is no obstacle", async (server, origin) => {
  server.environment.set("SSH_AUTH_SOCK", `${server.base}/nothing`);
  await origin.check();
  await origin.close();
  await server.moveKeyToAgent();
  const withAgent = new SftpOrigin("agent", server.url(), server.places);
  await withAgent.check();
  await withAgent.close();
});

test("~/.ssh/config is heeded", async (server) => {
  Deno.renameSync(server.keyFile, `${server.home}/other`);
  Deno.renameSync(server.knownHosts, `${server.home}/hosts`);
  const settings = ["Host nas", "HostName 127.0.0.1", `Port ${server.port}`, `User ${server.user}`];
  const files = ["IdentityFile ~/other", "UserKnownHostsFile ~/hosts", "Host *", "Port 1"];
  Deno.writeTextFileSync(`${server.home}/.ssh/config`, [...settings, ...files].join("\n"));
  const origin = new SftpOrigin("nas", `sftp://nas${server.music}`, server.places);
  assert.equal((await origin.stat("file")).size, 3);
  await origin.close();
});

Deno.test({
  name: "sftp: a password from the environment, for either method of login",
  ignore,
  async fn() {
    await using server = await SftpServer.start();
    for (const method of ["password", "keyboard-interactive"]) {
      await using door = await passwordServer(server, { methods: [method] });
      server.know(door.port);
      const url = server.url({ port: door.port, path: "/" });
      server.environment.set("MUSICFS_SFTP_PASSWORD", "shut sesame");
      const origin = new SftpOrigin("my-nas", url, server.places);
      const problem = await problemOf(origin.check());
      assert.ok(problem.isPermanent);
      assert.match(problem.message, /permission denied \(tried .*MUSICFS_SFTP_PASSWORD/);
      server.environment.set("MUSICFS_SFTP_PASSWORD_MY_NAS", PASSWORD);
      await origin.check();
      await origin.close();
      server.environment.clear();
    }
  },
});

Deno.test({
  name:
    "sftp: a password that was refused is sent once, and again when it changed or somebody asks",
  ignore,
  async fn() {
    await using server = await SftpServer.start();
    const methods = ["keyboard-interactive", "password"];
    await using door = await passwordServer(server, { methods });
    server.know(door.port);
    const url = server.url({ port: door.port, path: "/" });
    const origin = new SftpOrigin("nas", url, server.places);
    server.environment.set("MUSICFS_SFTP_PASSWORD", "shut sesame");
    for (let i = 0; i < 5; i++) await problemOf(origin.check());
    await problemOf(origin.stat("file"));
    assert.deepEqual(door.heard, ["shut sesame"], "once in one try, and in one try of six");
    const { message } = await problemOf(origin.check());
    assert.match(message, /MUSICFS_SFTP_PASSWORD was refused, and is sent again when/);
    await problemOf(origin.list().next());
    assert.equal(door.heard.length, 1, "a clock may want a scan");
    origin.logInAgain();
    await problemOf(origin.list().next());
    await problemOf(origin.list().next());
    assert.equal(door.heard.length, 2, "somebody asks");
    server.environment.set("MUSICFS_SFTP_PASSWORD", "open");
    await problemOf(origin.check());
    await problemOf(origin.check());
    assert.equal(door.heard.length, 3);
    server.environment.set("MUSICFS_SFTP_PASSWORD", PASSWORD);
    await origin.check();
    await origin.close();
  },
});

Deno.test({
  name: "sftp: only a dialogue for the password is answered with it",
  ignore,
  async fn() {
    await using server = await SftpServer.start();
    server.environment.set("MUSICFS_SFTP_PASSWORD", PASSWORD);
    const expect = async (options: PasswordServerOptions, message: RegExp, heard: string[]) => {
      await using door = await passwordServer(server, options);
      server.know(door.port);
      const origin = new SftpOrigin("nas", server.url({ port: door.port }), server.places);
      assert.match((await problemOf(origin.check())).message, message);
      assert.deepEqual(door.heard, heard);
      await origin.close();
    };
    const methods = ["keyboard-interactive"];
    const code = { methods, prompt: "Verification code: " };
    await expect(code, /the server asks "Verification code: "/, [""]);
    const change = { methods, prompt: "New password: " };
    await expect(change, /the server asks "New password: "/, [""]);
    const expired = { methods: ["password"], isExpired: true };
    await expect(expired, /the server wants a new password to be chosen/, [PASSWORD]);
  },
});

Deno.test({
  name: "sftp: ~/.ssh/config: an alias of the key, included files, an agent; a jump is named",
  ignore,
  async fn() {
    await using server = await SftpServer.start();
    const { home } = server;
    await server.moveKeyToAgent();
    const agent = server.environment.get("SSH_AUTH_SOCK")!;
    server.environment.clear();
    const known = Deno.readTextFileSync(server.knownHosts);
    Deno.writeTextFileSync(server.knownHosts, known.replace(/^\S+/, "the-nas"));
    Deno.mkdirSync(`${home}/.ssh/conf.d`);
    const config = (more: string) => {
      Deno.writeTextFileSync(`${home}/.ssh/config`, `Host nas\nInclude conf.d/*.conf\n${more}\n`);
      return new SftpOrigin("nas", `sftp://nas${server.music}`, server.places);
    };
    const address = `HostName 127.0.0.1\nPort ${server.port}\nUser ${server.user}\n`;
    const text = `${address}HostKeyAlias the-nas\nIdentityAgent ${agent}\n`;
    Deno.writeTextFileSync(`${home}/.ssh/conf.d/nas.conf`, text);
    const good = config("");
    await good.check();
    await good.close();
    const only = await problemOf(config("IdentitiesOnly yes").check());
    assert.match(only.message, /ssh-agent is not asked, as ~\/\.ssh\/config has IdentitiesOnly/);
    const jump = await problemOf(config("ProxyJump bastion").check());
    assert.ok(jump.isPermanent);
    assert.match(jump.message, /"ProxyJump bastion" .* ssh_command = "ssh -s nas sftp"/);
  },
});

Deno.test({
  name:
    "sftp: a command that speaks SFTP, which ends with the origin; what it complains of is told",
  ignore: ignore || !needs("ssh"),
  async fn() {
    await using server = await SftpServer.start();
    writeLocal(server.music, "large", new Uint8Array(3_000_000).fill(7));
    const options = [
      ["Port", server.port],
      ["UserKnownHostsFile", server.knownHosts],
      ["IdentityFile", server.keyFile],
      ["User", server.user],
      ["BatchMode", "yes"],
    ].flatMap(([key, value]) => ["-o", `${key}=${value}`]);
    const by = (...command: string[]) =>
      new SftpOrigin("nas", `sftp://nas${server.music}`, server.places, command);
    const origin = by("ssh", "-F", "none", ...options, "-s", "127.0.0.1", "sftp");
    const version = await origin.stat("large");
    const bytes = await readBytes(origin, "large", 0, version.size, { version });
    assert.ok(bytes.length === 3_000_000 && bytes.every((byte) => byte === 7));
    // After a restart of the server the command has to be started again.
    await server.restart();
    await until("it answers again", 10_000, () => origin.check().then(() => true, () => false));
    await origin.close();

    Deno.writeTextFileSync(server.knownHosts, "");
    const unknown = by("ssh", "-F", "none", ...options, "-s", "127.0.0.1", "sftp");
    assert.match((await problemOf(unknown.check())).message, /Host key verification failed/);
    const missing = await problemOf(by("no-such-program").check());
    assert.ok(missing.isPermanent);
    assert.match(missing.message, /"no-such-program"/);
    const silent = by("sleep", "60");
    const signal = AbortSignal.timeout(300);
    await assert.rejects(silent.check({ signal }), { name: "TimeoutError" });
    await silent.close();
  },
});

const PASSWORD = "open sesame";

interface PasswordServerOptions {
  readonly methods: readonly string[];
  readonly prompt?: string;
  /** Whether the password is right, but expired, so that a new one is asked for. */
  readonly isExpired?: boolean;
}

/**
 * A server that accepts a password and has an empty root. OpenSSH would accept only passwords of this machine's users,
 * so one would have to be changed.
 */
async function passwordServer(
  { base }: SftpServer,
  { methods, prompt = "Password: ", isExpired = false }: PasswordServerOptions,
): Promise<AsyncDisposable & { port: number; heard: string[] }> {
  const { default: ssh2 } = await import("ssh2");
  const hostKeys = [Deno.readTextFileSync(`${base}/host_key`)];
  const heard: string[] = [];
  // deno-lint-ignore no-explicit-any
  const server = new ssh2.Server({ hostKeys }, (client: any) => {
    client.on("error", () => {});
    // deno-lint-ignore no-explicit-any
    client.on("authentication", (asked: any) => {
      const { method } = asked;
      if (!methods.includes(method)) return asked.reject(methods);
      const judge = (said: string) => {
        heard.push(said);
        if (said !== PASSWORD) asked.reject(methods);
        else if (isExpired) asked.requestChange("It has expired. New password:", () => {});
        else asked.accept();
      };
      if (method === "password") judge(asked.password);
      else asked.prompt([{ prompt, echo: false }], ([said]: string[]) => judge(said!));
    });
    // deno-lint-ignore no-explicit-any
    client.on("session", (accept: any) =>
      // deno-lint-ignore no-explicit-any
      accept().on("sftp", (accept: any) => {
        const sftp = accept();
        sftp.on("OPENDIR", (id: number) => sftp.handle(id, Buffer.from("root")));
        sftp.on("CLOSE", (id: number) => sftp.status(id, 0));
      }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    heard,
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: () => new Promise((resolve) => server.close(() => resolve())),
  };
}
