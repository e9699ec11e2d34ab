/**
 * Connections that died silently, as after sleep or when a router forgot them, and a server that was restarted: a
 * read goes on over another connection, and the origin does not count as down.
 */
import assert from "node:assert/strict";
import { openOrigin, type Origin, readBytes } from "../../src/origins/mod.ts";
import { SftpOrigin } from "../../src/origins/sftp/sftp_origin.ts";
import { wrapOrigin } from "../../src/origins/open_origin.ts";
import { writeLocal } from "../support/local_files.ts";
import { S3Server } from "../support/s3_server.ts";
import { hasSftpServer, SftpServer } from "../support/sftp_server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

/** A third of this is the time for making a new connection, which is enough on a busy machine. */
const DEADLINE_MS = 4_000;
const SONG = Uint8Array.from({ length: 400_000 }, (_, i) => (i * 31) % 251);
const LIMITS = { bandwidth: null, dailyBudget: null } as const;

/** Fills the pool with connections, kills them silently, and uses the origin again. */
async function survives(origin: Origin, proxy: TcpProxy, told: readonly string[]): Promise<void> {
  const version = await origin.stat("song");
  const read = (at: number) => readBytes(origin, "song", at, 100_000, { version });
  for (let round = 0; round < 2; round++) {
    await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((at) => read(at)));
    proxy.strand();
    const before = proxy.counts.connections;
    const bytes = await Promise.all([0, 100_000, 200_000].map(read));
    assert.deepEqual(bytes[1], SONG.slice(100_000, 200_000));
    assert.ok(proxy.counts.connections > before);
    proxy.strand();
    await origin.check();
  }
  assert.deepEqual(told, ["up"]);
}

Deno.test("s3: connections that died cost one time-out, and the origin stays up", async () => {
  const server = await S3Server.open();
  server.createBucket("music");
  server.put("music", "song", SONG);
  const proxy = await TcpProxy.open(server.port);
  const told: string[] = [];
  const root = server.root("music", "", proxy.port);
  const { origin } = await openOrigin({ id: "s3", type: "s3", root, ...LIMITS }, {
    deadlineMs: DEADLINE_MS,
    onHealth: ({ health }) => told.push(health),
  });
  try {
    await survives(origin, proxy, told);
  } finally {
    await origin.close();
    await proxy.close();
    await server.close();
  }
});

Deno.test({
  name: "sftp: a connection that died costs one time-out, a restart of the server none",
  ignore: !hasSftpServer(),
  async fn() {
    await using server = await SftpServer.start();
    writeLocal(server.music, "song", SONG);
    const proxy = await TcpProxy.open(server.port);
    server.know(proxy.port);
    const told: string[] = [];
    const bare = new SftpOrigin("nas", server.url({ port: proxy.port }), server.places);
    const { origin } = wrapOrigin(bare, LIMITS, {
      deadlineMs: DEADLINE_MS,
      onHealth: ({ health }) => told.push(health),
    });
    try {
      await survives(origin, proxy, told);
      await server.stopServer();
      const reading = readBytes(origin, "song", 5, 100);
      await server.startServer();
      assert.deepEqual(await reading, SONG.slice(5, 105));
      await server.restart();
      assert.deepEqual(await readBytes(origin, "song", 7, 100), SONG.slice(7, 107));
      assert.deepEqual(told, ["up"]);
    } finally {
      await origin.close();
      await proxy.close();
    }
  },
});
