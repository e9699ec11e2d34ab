/** S3 servers that differ from Amazon's: listings and reads give the same results as Amazon's. */
import assert from "node:assert/strict";
import {
  type Origin,
  type OriginEntry,
  OriginUnreachable,
  readBytes,
} from "../../src/origins/mod.ts";
import { S3Origin, type S3Ways } from "../../src/origins/s3/s3_origin.ts";
import { list } from "../contract/origin_suite.ts";
import { needs } from "../support/needs.ts";
import { S3Front } from "../support/s3_front.ts";
import { S3Server } from "../support/s3_server.ts";

const KEYS = ["a b/1 %41.flac", "a b/2+2.flac", "b/3.flac", "c/ä.flac", "d.flac"];

async function withFront(
  run: (front: S3Front, origin: (ways?: S3Ways) => S3Origin, server: S3Server) => Promise<void>,
): Promise<void> {
  const server = await S3Server.open();
  server.createBucket("music");
  KEYS.forEach((key, i) => server.put("music", key, new Uint8Array(100 + i).fill(i)));
  const front = await S3Front.open(server.port);
  const opened: S3Origin[] = [];
  try {
    await run(front, (ways) => {
      opened.push(new S3Origin("s3", server.root("music", "", front.port), ways));
      return opened.at(-1)!;
    }, server);
  } finally {
    for (const origin of opened) await origin.close();
    await front.close();
    await server.close();
  }
}

async function files(origin: Origin): Promise<OriginEntry[]> {
  return (await list(origin)).flat();
}

/** Fails unless every file is listed in the origin's order, and can be read in the listed version. */
async function isComplete(origin: Origin): Promise<void> {
  const entries = await files(origin);
  assert.deepEqual(entries.map(({ path }) => path), KEYS.toSorted(origin.compare));
  for (const entry of entries) {
    assert.ok(entry.kind === "file");
    const { kind: _, path, ...version } = entry;
    const bytes = await readBytes(origin, path, 0, version.size, { version });
    assert.deepEqual(bytes, new Uint8Array(version.size).fill(version.size - 100));
  }
}

Deno.test("s3: an unordered listing is put in order", () =>
  withFront(async (front, origin) => {
    front.editListing = (xml) => {
      const contents = xml.match(/<Contents>.*?<\/Contents>/gs)!;
      const mixed = [...contents.slice(2), ...contents.slice(0, 2).reverse()];
      return contents.reduce((text, one, i) => text.replace(one, `@${i}@`), xml)
        .replace(/@(\d+)@/g, (_, i) => mixed[Number(i)]!);
    };
    const it = origin();
    await isComplete(it);
    const after = (await files(it))[1]!.path;
    const rest = (await list(it, { after })).flat();
    assert.deepEqual(rest.map(({ path }) => path), KEYS.toSorted(it.compare).slice(2));
    front.editListing = (xml) =>
      xml.replace(/<Contents>.*?<\/Contents>/s, (one) => `${one}${one}`)
        .replace(/<KeyCount>.*?<\/KeyCount>/, "");
    await assert.rejects(files(it), /lists a key twice/);
  }));

Deno.test("s3: keys that are encoded although nothing says so, and plain keys", () =>
  withFront(async (front, origin) => {
    await isComplete(origin());
    const encoded = (key: string) =>
      encodeURIComponent(key).replaceAll("%2F", "/").replaceAll("%20", "+");
    front.editListing = (xml) => {
      assert.doesNotMatch(xml, /EncodingType/);
      return xml.replace(/<Key>(.*?)<\/Key>/g, (_, key) => `<Key>${encoded(key)}</Key>`);
    };
    await isComplete(origin());
  }));

Deno.test("s3: a listing whose times differ from the objects'", () =>
  withFront(async (front, origin) => {
    const shifted = (time: string) => new Date(Date.parse(time) - 3_000);
    front.editHeaders = (headers) => ({
      ...headers,
      ...headers["last-modified"] && {
        "last-modified": shifted(headers["last-modified"]).toUTCString(),
      },
    });
    await isComplete(origin());
  }));

Deno.test("s3: a listing whose ETags differ from the objects', and a changed version is still noticed", () =>
  withFront(async (front, origin, server) => {
    let count = 0;
    front.editHeaders = (headers) => {
      count++;
      return { ...headers, ...headers["etag"] && { etag: `"x${headers["etag"].slice(1)}` } };
    };
    const it = origin();
    await isComplete(it);
    const before = count;
    await isComplete(it);
    assert.equal(count - before, KEYS.length, "once is enough to learn it");
    const [first] = await files(it);
    assert.ok(first?.kind === "file");
    const { kind: _, path, ...version } = first;
    server.put("music", path, new Uint8Array(version.size).fill(99));
    await assert.rejects(readBytes(it, path, 0, 10, { version }), { name: "OriginChanged" });
  }));

Deno.test("s3: a bucket addressed by its host's name, as configured or as detected", () =>
  withFront(async (front, _, server) => {
    front.hostedBucket = "music";
    Deno.env.set("HTTP_PROXY", `http://127.0.0.1:${front.port}`);
    const root = "s3://music?endpoint=http://s3.test&region=us-east-1";
    try {
      for (const ways of [{ pathStyle: false }, {}]) {
        const it = new S3Origin("s3", root, ways);
        await isComplete(it);
        await it.close();
      }
      const wrong = new S3Origin("s3", root, { pathStyle: true });
      await assert.rejects(wrong.list().next(), /SecondLevelDomainForbidden/);
      await wrong.close();
    } finally {
      Deno.env.delete("HTTP_PROXY");
    }
    assert.ok(server.port > 0);
  }));

Deno.test({
  name: "s3: a server whose certificate a private authority has signed",
  ignore: !needs("openssl"),
  async fn() {
    const directory = Deno.makeTempDirSync();
    makeAuthority(directory);
    await withFront(async (front) => {
      const listener = Deno.listenTls({
        hostname: "127.0.0.1",
        port: 0,
        cert: Deno.readTextFileSync(`${directory}/server.pem`),
        key: Deno.readTextFileSync(`${directory}/server.key`),
      });
      const serving = forward(listener, front.port);
      const root = `s3://music?endpoint=https://127.0.0.1:${listener.addr.port}&region=us-east-1`;
      const use = async (ways: S3Ways, run: (origin: S3Origin) => Promise<void>) => {
        const origin = new S3Origin("s3", root, ways);
        await run(origin).finally(() => origin.close());
      };
      const ca = `${directory}/ca.pem`;
      try {
        await use({}, async (it) => {
          await assert.rejects(it.check(), (error) => {
            assert.ok(error instanceof OriginUnreachable);
            assert.match(error.message, /UnknownIssuer/);
            return true;
          });
        });
        await use({ ca }, isComplete);
        Deno.env.set("AWS_CA_BUNDLE", ca);
        await use({}, isComplete);
        Deno.env.set("AWS_CA_BUNDLE", `${directory}/nothing`);
        await use({}, async (it) => {
          await assert.rejects(it.check(), /certificates of .*nothing cannot be read/);
        });
      } finally {
        Deno.env.delete("AWS_CA_BUNDLE");
        listener.close();
        await serving;
      }
    });
    Deno.removeSync(directory, { recursive: true });
  },
});

function makeAuthority(directory: string): void {
  const openssl = (...args: string[]) => {
    const { success, stderr } = new Deno.Command("openssl", { args, cwd: directory }).outputSync();
    assert.ok(success, new TextDecoder().decode(stderr));
  };
  Deno.writeTextFileSync(`${directory}/ext`, "subjectAltName = IP:127.0.0.1\n");
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Private");
  openssl("req", ...key, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=nas");
  const signer = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "ext"];
  openssl("x509", "-req", "-in", "server.csr", ...signer, "-out", "server.pem", "-days", "2");
}

/** Forwards the plain bytes from inside TLS to a port. */
async function forward(listener: Deno.TlsListener, port: number): Promise<void> {
  const piping: Promise<unknown>[] = [];
  for (;;) {
    let client: Deno.TlsConn;
    try {
      client = await listener.accept();
    } catch (error) {
      if (error instanceof Deno.errors.BadResource) break;
      if (error instanceof Deno.errors.Interrupted) break;
      continue;
    }
    const server = await Deno.connect({ hostname: "127.0.0.1", port });
    const pipe = (from: Deno.Conn, to: Deno.Conn) =>
      from.readable.pipeTo(to.writable).catch(() => {});
    piping.push(pipe(client, server), pipe(server, client));
  }
  await Promise.all(piping);
}
