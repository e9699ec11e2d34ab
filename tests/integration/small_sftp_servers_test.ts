/**
 * Real SFTP servers other than OpenSSH's: each lists and serves everything that OpenSSH's does, however little it
 * supports.
 */
import assert from "node:assert/strict";
import {
  type Origin,
  type OriginEntry,
  OriginUnreachable,
  readBytes,
} from "../../src/origins/mod.ts";
import { SftpOrigin } from "../../src/origins/sftp/sftp_origin.ts";
import { writeLocal } from "../support/local_files.ts";
import { hasSftpServer, SftpServer } from "../support/sftp_server.ts";
import { openSmallServer, type SmallServerOptions } from "../support/small_sftp_server.ts";

const ignore = !hasSftpServer();
const SERVERS: Record<string, SmallServerOptions> = {
  "all that there is": {},
  "four handles": { handles: 4 },
  "one handle": { handles: 1 },
  "no FSTAT": { fstat: false },
  "no REALPATH": { realpath: false },
  "no permission bits": { modes: false, lines: true },
  "no permission bits, nor lines": { modes: false, lines: false },
  "next to nothing": { handles: 2, fstat: false, realpath: false, modes: false, lines: false },
};

async function listed(origin: Origin): Promise<OriginEntry[]> {
  const entries: OriginEntry[] = [];
  for await (const batch of origin.list()) entries.push(...batch);
  return entries;
}

for (const [what, options] of Object.entries(SERVERS)) {
  Deno.test({
    name: `sftp: a server with ${what}`,
    ignore,
    async fn() {
      await using server = await SftpServer.start();
      const sizes = new Map<string, number>();
      for (let i = 0; i < 30; i++) {
        const path = `artist ${i % 5}/album ${i % 7}/${i}.flac`;
        sizes.set(path, 1_000 * i + 7);
        writeLocal(server.music, path, new Uint8Array(1_000 * i + 7).fill(i));
      }
      await using small = await openSmallServer(server, options);
      server.know(small.port);
      const origin = new SftpOrigin("small", server.url({ port: small.port }), server.places);
      try {
        await origin.check();
        const entries = await listed(origin);
        assert.deepEqual(
          new Map(entries.map((entry) => [entry.path, entry.kind === "file" && entry.size])),
          sizes,
        );
        const reads = entries.map(async (entry) => {
          assert.ok(entry.kind === "file");
          const { kind: _, path, ...version } = entry;
          const bytes = await readBytes(origin, path, 0, version.size, { version });
          assert.equal(bytes.length, sizes.get(path));
          assert.ok(bytes.every((byte) => byte === bytes[0]));
          assert.equal((await origin.stat(path)).size, version.size);
        });
        await Promise.all(reads);
        assert.ok(small.counts.open <= (options.handles ?? Infinity));
        // Once the limit of handles is known, no more handles are requested.
        const { refused } = small.counts;
        await listed(origin);
        assert.equal(small.counts.refused, refused);
      } finally {
        await origin.close();
      }
    },
  });
}

Deno.test({
  name: "sftp: a shell that prints is reported, with what to do",
  ignore: ignore || !exists("/usr/lib/openssh/sftp-server"),
  async fn() {
    await using server = await SftpServer.start();
    const command = "echo Welcome to this NAS; exec /usr/lib/openssh/sftp-server";
    await server.configure([`ForceCommand sh -c "${command}"`]);
    const origin = new SftpOrigin("nas", server.url(), server.places);
    await assert.rejects(origin.check(), (error) => {
      assert.ok(error instanceof OriginUnreachable && error.isPermanent, String(error));
      assert.match(
        error.message,
        /prints "Welcome to this NAS" where SFTP should begin; its start-up/,
      );
      return true;
    });
    await origin.close();
  },
});

function exists(path: string): boolean {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
}
