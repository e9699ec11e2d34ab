import assert from "node:assert/strict";
import { CALL_DEADLINE_MS } from "../../src/base/mod.ts";
import {
  LocalOrigin,
  OriginChanged,
  type OriginEntry,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  readBytes,
} from "../../src/origins/mod.ts";
import { SftpOrigin } from "../../src/origins/sftp/sftp_origin.ts";
import { writeLocal } from "../support/local_files.ts";
import { until } from "../support/until.ts";
import { problemOf, test } from "../support/sftp_tests.ts";

Deno.test("sftp: the signal ends the wait for a server that accepts and never answers", async () => {
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
  // The call ended long before its own deadline, however busy the machine is.
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
  "a file that is still open is not taken for the one that replaced it",
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

test("a file without permission is refused, and a directory without it is unlisted", async (server) => {
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
    // SFTP reports no fields that only file systems have, and no fractions of seconds.
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
