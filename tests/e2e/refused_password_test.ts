/**
 * Servers lock accounts after repeated wrong passwords: so a refused one is not sent again, whichever processes start
 * and end here.
 */
import assert from "node:assert/strict";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { hasSftpServer, SftpServer } from "../support/sftp_server.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "timeout") && hasSftpServer();

/** The line that sshd logs at level VERBOSE for each password that it refuses. */
const REFUSAL = /^Failed password for /gm;

Deno.test({
  name:
    "a refused password is not sent by the next engine, but once when a person asks for the origin or mounts",
  ignore: !ready,
  async fn() {
    await using server = await SftpServer.start();
    await server.configure([
      "LogLevel VERBOSE",
      "PasswordAuthentication yes",
      "PermitRootLogin yes",
    ]);
    await using it = new Installation();
    it.env = {
      MUSICFS_ENGINE_IDLE_MS: "300",
      MUSICFS_HEALTH_CHECK_MS: "300",
      MUSICFS_SFTP_PASSWORD: "shut sesame",
    };
    it.configure(
      `[[origins]]\nid = "nas"\ntype = "sftp"\nhost = "127.0.0.1"\nport = ${server.port}\n` +
        `user = "${server.user}"\npath = "${server.music}"\n`,
    );
    Deno.mkdirSync(`${it.base}/.ssh`, { mode: 0o700 });
    Deno.copyFileSync(server.knownHosts, `${it.base}/.ssh/known_hosts`);
    const sent = () => server.log.match(REFUSAL)?.length ?? 0;
    const reason = async () => (await it.status()).origins[0]!.reason ?? "";
    /** Has another engine check its origins. */
    const anotherEngine = async () => {
      const { pid } = (await it.status()).engine;
      if (pid !== null) Deno.kill(pid, "SIGTERM");
      await until("another engine has looked", 30_000, async () => {
        const { engine, origins } = await it.status();
        return engine.pid !== null && engine.pid !== pid && origins[0]!.health === "down";
      });
    };

    await it.mount();
    await until("the server refuses the password", 30_000, () => sent() > 0);
    for (let i = 0; i < 3; i++) await anotherEngine();
    assert.equal(sent(), 1, server.log);
    assert.match(await reason(), /MUSICFS_SFTP_PASSWORD was refused, and is sent again when/);

    const [scan] = await it.rescan();
    assert.equal(scan!.outcome, "failed");
    await anotherEngine();
    assert.equal(sent(), 2, "somebody asked");

    await it.unmount();
    await it.mount();
    await until("the server refuses the password", 30_000, () => sent() > 2);
    await anotherEngine();
    await anotherEngine();
    assert.equal(sent(), 3, "somebody started it");
  },
});
