import assert from "node:assert/strict";
import { CALL_DEADLINE_MS } from "../../src/base/mod.ts";
import { Buffer } from "node:buffer";
import type { AddressInfo } from "node:net";
import {
  LocalOrigin,
  OriginChanged,
  type OriginEntry,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  readBytes,
} from "../../src/origins/mod.ts";
import { SftpOrigin } from "../../src/origins/sftp_origin.ts";
import { writeLocal } from "../support/local_files.ts";
import { hasSftpServer, SftpServer } from "../support/sftp_server.ts";
import { needs } from "../support/needs.ts";
import { until } from "../support/until.ts";

const ignore = !hasSftpServer();

/** A server with one file, and an origin on it. */
function test(what: string, run: (server: SftpServer, origin: SftpOrigin) => Promise<void>): void {
  Deno.test({
    name: `sftp: ${what}`,
    ignore,
    async fn() {
      await using server = await SftpServer.start();
      writeLocal(server.music, "file", new Uint8Array([1, 2, 3]));
      const origin = new SftpOrigin("the-server", server.url(), server.places);
      try {
        await run(server, origin);
      } finally {
        await origin.close();
      }
    },
  });
}

async function problemOf(work: Promise<unknown>): Promise<OriginUnreachable> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof OriginUnreachable, String(error));
    return error;
  }
  assert.fail("It did not fail");
}

/** Runs the commands that a message names in quotes, as a user would. */
function followAdvice(message: string, command: string): void {
  const found = [...message.matchAll(/"([^"]+)"/g)].map(([, quoted]) => quoted!)
    .filter((quoted) => quoted.startsWith(command));
  assert.equal(found.length, 1, message);
  const { success } = new Deno.Command("sh", { args: ["-c", found[0]!] }).outputSync();
  assert.ok(success, found[0]);
}

test(
  "a host that is not known is refused, with the command that makes it known",
  async (server, origin) => {
    Deno.writeTextFileSync(server.knownHosts, "# nobody\n");
    const problem = await problemOf(origin.check());
    assert.ok(problem.isPermanent);
    assert.match(problem.message, /host key \(ssh-ed25519 SHA256:\S{43}\) is not known/);
    followAdvice(problem.message, "ssh-keyscan");
    await origin.check();
  },
);

test("a host key that has changed is refused loudly", async (server, origin) => {
  await origin.check();
  server.changeHostKey();
  await server.restart();
  const problem = await problemOf(until("the loss is noticed", 5_000, async () => {
    await origin.check();
    return false;
  }));
  if (!problem.isPermanent) {
    // The old connection was on its way out.
    const next = await problemOf(origin.check());
    assert.ok(next.isPermanent, next.message);
  }
  const { message } = await problemOf(origin.check());
  assert.match(message, /HOST KEY HAS CHANGED .* not the one of .*known_hosts:1/);
  followAdvice(message, "ssh-keygen");
  followAdvice(message, "ssh-keyscan");
  await origin.check();
});

test("hashed names of hosts are understood, and revoked keys", async (server, origin) => {
  const args = ["-q", "-H", "-f", server.knownHosts];
  assert.ok(new Deno.Command("ssh-keygen", { args }).outputSync().success);
  const hashed = Deno.readTextFileSync(server.knownHosts);
  assert.match(hashed, /^\|1\|/);
  await origin.check();
  await origin.close();
  Deno.writeTextFileSync(server.knownHosts, hashed + hashed.replace(/^/, "@revoked "));
  const again = new SftpOrigin("again", server.url(), server.places);
  const problem = await problemOf(again.check());
  assert.ok(problem.isPermanent);
  assert.match(problem.message, /is revoked in .*known_hosts:2/);
  await again.close();
});

test(
  "keys that the server doesn't take are named, and asking again is of no use",
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

test("an agent is asked, and one that is gone is no obstacle", async (server, origin) => {
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
  name: "sftp: a password of the environment, typed or as an answer",
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
  name: "sftp: no dialogue but that for the password is answered with it",
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
    // A server that is started anew costs a new command.
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

Deno.test({
  name: "sftp: a server with which no algorithm is shared is told with what it offers",
  ignore,
  async fn() {
    await using server = await SftpServer.start();
    const [only] = ["mlkem768x25519-sha256", "sntrup761x25519-sha512@openssh.com"].filter((name) =>
      new TextDecoder().decode(
        new Deno.Command("ssh", { args: ["-Q", "kex"] }).outputSync().stdout,
      ).includes(name)
    );
    await server.configure([`KexAlgorithms ${only}`]);
    const origin = new SftpOrigin("nas", server.url(), server.places);
    // A server that gives up resets the connection, now and then before its offer was read.
    const problem = await until("its offer is read", 10_000, async () => {
      const found = await problemOf(origin.check());
      return found.isPermanent && found;
    });
    assert.match(problem.message, /no key exchange that MusicFS knows; it offers .*x25519/);
    assert.ok(problem.message.includes(only!), problem.message);
    await origin.close();
  },
});

Deno.test("sftp: a server that accepts and never answers is left with the signal", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const home = Deno.makeTempDirSync();
  const places = { home, environment: () => undefined };
  const root = `sftp://ada@127.0.0.1:${listener.addr.port}/music`;
  const origin = new SftpOrigin("silent", root, places);
  const abort = new AbortController();
  const accepted = listener.accept();
  const calls = [
    origin.check({ signal: abort.signal }),
    origin.stat("file", { signal: abort.signal }),
    readBytes(origin, "file", 0, 1, { signal: abort.signal }),
  ];
  const connection = await accepted;
  const aborted = performance.now();
  abort.abort(new Error("Enough"));
  for (const call of calls) await assert.rejects(call, /Enough/);
  const unsignalled = origin.check();
  const second = await listener.accept();
  await origin.close();
  await assert.rejects(unsignalled, OriginUnreachable);
  // Long before any deadline of a call, however busy the machine is.
  assert.ok(performance.now() - aborted < CALL_DEADLINE_MS, "at once");
  connection.close();
  second.close();
  listener.close();
  const refused = new SftpOrigin("refused", root, places);
  assert.equal((await problemOf(refused.check())).isPermanent, false);
  await refused.close();
  Deno.removeSync(home);
});

test(
  "a connection that is cut in the middle of a read ends it, and the next one is new",
  async (server, origin) => {
    const bytes = new Uint8Array(30_000_000).fill(7);
    writeLocal(server.music, "large", bytes);
    const reading = origin.read("large", 0, bytes.length);
    await reading.next();
    server.cutConnections();
    await problemOf((async () => {
      for await (const _ of reading);
    })());
    assert.equal((await readBytes(origin, "large", 29_000_000, 2_000_000)).length, 1_000_000);
  },
);

test("a server that was down is used again", async (server, origin) => {
  await origin.check();
  await server.stopServer();
  await problemOf(until("the loss is noticed", 5_000, async () => {
    await origin.check();
    return false;
  }));
  await problemOf(origin.stat("file"));
  await server.startServer();
  assert.deepEqual(await readBytes(origin, "file", 0, 10), new Uint8Array([1, 2, 3]));
});

test("a session that falls silent is given up", async (server, origin) => {
  await origin.check();
  await server.whileHalted(async () => {
    await assert.rejects(origin.stat("file", { signal: AbortSignal.timeout(5_200) }), /timeout/);
    assert.equal((await origin.stat("file")).size, 3, "over a connection of its own");
  });
});

test(
  "a file that changes in place during a read is not passed off as one version",
  async (server, origin) => {
    writeLocal(server.music, "large", new Uint8Array(20_000_000).fill(1));
    const version = await origin.stat("large");
    const reading = origin.read("large", 0, version.size, { version });
    await reading.next();
    writeLocal(server.music, "large", new Uint8Array(20_000_000).fill(2));
    await assert.rejects(async () => {
      for await (const _ of reading);
    }, OriginChanged);
  },
);

test(
  "a file that is open still is not taken for the one that replaced it",
  async (server, origin) => {
    const read = async (
      version?: Awaited<ReturnType<typeof origin.stat>>,
    ) => [...await readBytes(origin, "file", 0, 9, version === undefined ? {} : { version })];
    const before = await origin.stat("file");
    assert.deepEqual(await read(before), [1, 2, 3]);
    writeLocal(server.music, "new", new Uint8Array([4, 5, 6]));
    Deno.renameSync(`${server.music}/new`, `${server.music}/file`);
    assert.deepEqual(await read(), [4, 5, 6]);
    const after = await origin.stat("file");
    assert.deepEqual(await read(after), [4, 5, 6]);
    await assert.rejects(read(before), OriginChanged);
    Deno.removeSync(`${server.music}/file`);
    await assert.rejects(read(), OriginNotFound);
  },
);

test("what may not be read is refused, and its directory unlisted", async (server) => {
  writeLocal(server.music, "locked/file", new Uint8Array(1));
  writeLocal(server.music, "secret", new Uint8Array(1));
  Deno.chmodSync(`${server.music}/locked`, 0);
  Deno.chmodSync(`${server.music}/secret`, 0);
  const user = server.admitOther();
  const origin = new SftpOrigin("other", server.url({ user }), server.places);
  const version = await origin.stat("secret");
  await assert.rejects(readBytes(origin, "secret", 0, 1, { version }), OriginRefused);
  await assert.rejects(origin.stat("locked/file"), OriginRefused);
  const entries = await listed(origin);
  assert.deepEqual(entries.map(({ kind, path }) => [kind, path]), [
    ["file", "file"],
    ["file", "secret"],
    ["unlisted", "locked"],
  ]);
  await origin.close();
  Deno.chmodSync(`${server.music}/locked`, 0o755);
});

test(
  "lists a wide and deep library with links as the disk under it does",
  async (server, origin) => {
    for (let i = 0; i < 1_200; i++) {
      writeLocal(
        server.music,
        i < 500 ? `wide/${i}.flac` : `${i % 37}/${i % 7}/${i}.flac`,
        new Uint8Array(i % 50),
      );
    }
    const links: [string, string][] = [["../wide", "1/again"], ["..", "2/loop"], [
      "gone",
      "3/dangling",
    ]];
    links.push(["1.flac", "wide/link.flac"], ["self", "wide/self"], ["/dev/null", "wide/device"]);
    for (const [target, path] of links) Deno.symlinkSync(target, `${server.music}/${path}`);
    const local = new LocalOrigin("local", server.music);
    // SFTP knows neither what a file system alone does, nor parts of seconds.
    const expected = (await listed(local)).map((entry) => {
      if (entry.kind === "unlisted") return entry;
      const {
        ctime_s: _,
        ctime_ns: _ns,
        inode: _inode,
        uid: _uid,
        gid: _gid,
        linkTo: _to,
        ...known
      } = entry;
      return { ...known, mtime_ns: 0 };
    });
    const found = await listed(origin);
    assert.equal(found.length, expected.length);
    assert.deepEqual(found, expected);
    const after = expected[800]!.path;
    assert.deepEqual(await listed(origin, { after }), expected.slice(801));
  },
);

async function listed(
  origin: SftpOrigin | LocalOrigin,
  options: { after?: string } = {},
): Promise<OriginEntry[]> {
  const entries: OriginEntry[] = [];
  for await (const batch of origin.list(options)) entries.push(...batch);
  return entries;
}

const PASSWORD = "open sesame";

interface PasswordServerOptions {
  readonly methods: readonly string[];
  readonly prompt?: string;
  /** The password is right, but another one has to be chosen. */
  readonly isExpired?: boolean;
}

/** What OpenSSH can't be without changing a password of this machine: a server that takes one, and has an empty root. */
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
