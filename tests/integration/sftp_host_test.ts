/** How an SFTP origin knows its server: by the key in known_hosts. */
import assert from "node:assert/strict";
import { SftpOrigin } from "../../src/origins/sftp/sftp_origin.ts";
import { SftpServer } from "../support/sftp_server.ts";
import { until } from "../support/until.ts";
import { ignore, problemOf, test } from "../support/sftp_tests.ts";

/** Runs the commands that a message names in quotes, as a user would. */
function followAdvice(message: string, command: string): void {
  const found = [...message.matchAll(/"([^"]+)"/g)].map(([, quoted]) => quoted!)
    .filter((quoted) => quoted.startsWith(command));
  assert.equal(found.length, 1, message);
  const { success } = new Deno.Command("sh", { args: ["-c", found[0]!] }).outputSync();
  assert.ok(success, found[0]);
}

test(
  "an unknown host is refused, with the command that makes it known",
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
    // The call before may have met the old connection just before its end.
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

Deno.test({
  name: "sftp: a server that shares no algorithm is reported with what it offers",
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
    // A server that gives up resets the connection, sometimes before its offer was read.
    const problem = await until("its offer is read", 10_000, async () => {
      const found = await problemOf(origin.check());
      return found.isPermanent && found;
    });
    assert.match(problem.message, /no key exchange that MusicFS knows; it offers .*x25519/);
    assert.ok(problem.message.includes(only!), problem.message);
    await origin.close();
  },
});
