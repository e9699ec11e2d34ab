/** Tests of an SFTP origin over a server of their own. */
import assert from "node:assert/strict";
import { OriginUnreachable } from "../../src/origins/mod.ts";
import { SftpOrigin } from "../../src/origins/sftp/sftp_origin.ts";
import { writeLocal } from "./local_files.ts";
import { hasSftpServer, SftpServer } from "./sftp_server.ts";

export const ignore = !hasSftpServer();

/** A server with one file, and an origin on it. */
export function test(
  what: string,
  run: (server: SftpServer, origin: SftpOrigin) => Promise<void>,
): void {
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

export async function problemOf(work: Promise<unknown>): Promise<OriginUnreachable> {
  try {
    await work;
  } catch (error) {
    assert.ok(error instanceof OriginUnreachable, String(error));
    return error;
  }
  assert.fail("It did not fail");
}
