/** Everything that a bucket, its server and the network can do to a reader. */
import assert from "node:assert/strict";
import {
  openOrigin,
  type Origin,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  readBytes,
} from "../../src/origins/mod.ts";
import { S3Origin } from "../../src/origins/s3/s3_origin.ts";
import { list } from "../contract/origin_suite.ts";
import { S3Front } from "../support/s3_front.ts";
import { S3Server, setS3Credentials } from "../support/s3_server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";
import { isPermanent, listing, withHostile, xml } from "../support/s3_answers.ts";

Deno.test("a real server", async (t) => {
  const server = await S3Server.open();
  server.createBucket("music");
  const origin = () => new S3Origin("s3", server.root("music"));
  try {
    await t.step("thousands of keys come in order, and go on behind any", async () => {
      const keys: string[] = [];
      for (let i = 0; i < 1_500; i++) keys.push(`many/${i % 7}/${i}.flac`);
      for (const key of keys) server.put("music", key, new Uint8Array(1));
      const it = origin();
      const batches = await list(it, { directory: "many" });
      const found = batches.flat().map(({ path }) => path);
      assert.deepEqual(found, keys.sort(it.compare));
      assert.ok(batches.every(({ length }) => length <= 1000));
      const after = found[1_200]!;
      const rest = (await list(it, { directory: "many", after })).flat();
      assert.deepEqual(rest.map(({ path }) => path), found.slice(1_201));
      await it.close();
    });

    await t.step("connections are used again, also by many readers", async () => {
      server.put("music", "file", new Uint8Array(300_000));
      const proxy = await TcpProxy.open(server.port);
      const it = new S3Origin("s3", server.root("music", "", proxy.port));
      for (let i = 0; i < 20; i++) await readBytes(it, "file", i, 1000);
      assert.equal(proxy.counts.connections, 1);
      for (let round = 0; round < 5; round++) {
        await Promise.all(Array.from({ length: 20 }, (_, i) => readBytes(it, "file", i, 1000)));
      }
      assert.ok(proxy.counts.connections <= 20, `${proxy.counts.connections} connections`);
      assert.ok(proxy.counts.bytesDown < 250_000, "no more comes than was asked for");
      await it.close();
      await proxy.close();
    });

    await t.step("a connection that is reset, refused, or silent", async () => {
      server.put("music", "large", new Uint8Array(3_000_000));
      const proxy = await TcpProxy.open(server.port, { bytesPerSecond: 20e6 });
      const it = new S3Origin("s3", server.root("music", "", proxy.port));
      await assert.rejects(async () => {
        for await (const _ of it.read("large", 0, 3_000_000)) proxy.cut();
      }, OriginUnreachable);
      await proxy.refuse();
      await assert.rejects(it.stat("large"), OriginUnreachable);
      await proxy.accept();
      assert.equal((await readBytes(it, "large", 0, 3_000_000)).length, 3_000_000);
      proxy.settings.isSilent = true;
      for (const call of everyCall(it, AbortSignal.timeout(100))) {
        await assert.rejects(call, { name: "TimeoutError" });
      }
      proxy.settings.isSilent = false;
      await it.check();
      await it.close();
      await proxy.close();
    });

    await t.step("a bucket that is not there, now or later", async () => {
      const it = new S3Origin("s3", server.root("no-such-bucket"));
      for (const call of everyCall(it)) {
        await assert.rejects(call, isPermanent(/no such bucket/));
      }
      await it.close();
    });

    await t.step("names that are no files", async () => {
      server.createBucket("odd");
      server.put("odd", "directory/", new Uint8Array());
      server.put("odd", "directory/file", new Uint8Array(1));
      server.put("odd", "escaped \uef80", new Uint8Array(2));
      const it = new S3Origin("s3", server.root("odd"));
      const met: string[] = [];
      const found = (await list(it, { onDirectory: (path) => met.push(path) })).flat();
      assert.deepEqual(met, ["directory"]);
      assert.deepEqual(found.map(({ path }) => path), [
        "directory/file",
        "escaped \uefee\uefbe\uef80",
      ]);
      assert.equal((await readBytes(it, found[1]!.path, 0, 10)).length, 2);
      await assert.rejects(it.stat("\uefff"), OriginNotFound);
      await it.close();
    });
  } finally {
    await server.close();
  }
});

Deno.test("who asks", async (t) => {
  const server = await S3Server.open();
  server.createBucket("music");
  server.put("music", "file", new Uint8Array(10));
  try {
    await t.step(
      "credentials that are wrong fail every call for good, and are not told",
      async () => {
        Deno.env.set("AWS_ACCESS_KEY_ID", "AKIAWRONG");
        Deno.env.set("AWS_SECRET_ACCESS_KEY", "very-secret");
        const it = new S3Origin("s3", server.root("music"));
        for (const call of everyCall(it)) {
          const error = await call().then(() => undefined, (error) => error);
          assert.ok(isPermanent(/access key is unknown/)(error), Deno.inspect(error));
          assert.doesNotMatch(Deno.inspect(error, { depth: 9 }), /AKIAWRONG|very-secret/);
        }
        await it.close();
      },
    );
    await t.step("credentials that are put right are taken, without a new start", async () => {
      const file = Deno.makeTempFileSync();
      const write = (key: string) =>
        Deno.writeTextFileSync(
          file,
          `[default]\naws_access_key_id = ${key}\naws_secret_access_key = S3RVER\n`,
        );
      setS3Credentials(false);
      Deno.env.set("AWS_SHARED_CREDENTIALS_FILE", file);
      write("AKIAEXPIRED");
      const it = new S3Origin("s3", server.root("music"));
      for (const call of everyCall(it)) await assert.rejects(call(), isPermanent(/access key/));
      write("S3RVER");
      for (const call of everyCall(it).toReversed()) await call();
      await it.close();
      Deno.removeSync(file);
    });
  } finally {
    setS3Credentials();
    await server.close();
  }
});

Deno.test("credentials are read again once after any refusal, and used when they have changed", async () => {
  const file = Deno.makeTempFileSync();
  const write = (key: string) =>
    Deno.writeTextFileSync(
      file,
      `[default]\naws_access_key_id = ${key}\naws_secret_access_key = S3RVER\n`,
    );
  const requests: string[] = [];
  await withHostile(xml(403, "AccessDenied"), async (it) => {
    setS3Credentials(false);
    Deno.env.set("AWS_SHARED_CREDENTIALS_FILE", file);
    write("FIRST");
    await assert.rejects(readBytes(it, "file", 0, 1), OriginRefused);
    assert.equal(requests.length, 1, "the same are not sent twice");
    write("SECOND");
    await assert.rejects(list(it), OriginRefused);
    await it.check();
    const keys = requests.map((request) => /Credential=(\w+)/.exec(request)![1]);
    assert.deepEqual(keys, ["FIRST", "FIRST", "SECOND", "SECOND"]);
  }, requests);
  setS3Credentials();
  Deno.removeSync(file);
});

Deno.test("a refused listing and a refused object are distinguished, and the health does not flip", async () => {
  const server = await S3Server.open();
  server.createBucket("music");
  server.put("music", "file", new Uint8Array(10));
  const front = await S3Front.open(server.port);
  const told: string[] = [];
  const root = server.root("music", "", front.port);
  const limits = { bandwidth: null, dailyBudget: null };
  const { origin } = await openOrigin({ id: "s3", type: "s3", root, ...limits }, {
    onHealth: ({ health }) => told.push(health),
  });
  for (const refused of ["listing", "object"] as const) {
    front.fault = (wish) => wish === refused ? { status: 403, code: "AccessDenied" } : undefined;
    for (let i = 0; i < 3; i++) {
      await origin.check();
      const listing = () => list(origin).then((batches) => batches.flat().length);
      const reading = () => readBytes(origin, "file", 0, 10).then(({ length }) => length);
      if (refused === "listing") await assert.rejects(listing, OriginRefused);
      else assert.equal(await listing(), 1);
      if (refused === "object") await assert.rejects(reading, OriginRefused);
      else assert.equal(await reading(), 10);
    }
  }
  assert.deepEqual(told, ["up"]);
  await origin.close();
  await front.close();
  await server.close();
});

Deno.test("a request is signed when there are credentials, and only then", async () => {
  const nothing = listing("<IsTruncated>false</IsTruncated>");
  for (const isKnown of [true, false]) {
    const requests: string[] = [];
    await withHostile(nothing, async (origin) => {
      setS3Credentials(isKnown);
      assert.deepEqual(await list(origin), []);
    }, requests);
    assert.equal(requests.length, 1);
    assert.equal(/^authorization: .*S3RVER/im.test(requests[0]!), isKnown, requests[0]);
  }
});

Deno.test("an error about an address says what is wrong, and reveals no secret", () => {
  for (
    const root of [
      "music",
      "http://music",
      "s3:///prefix",
      "s3://key:secret@bucket",
      "s3://bucket/%zz",
      "s3://bucket?endpoint=nowhere",
      "s3://bucket?endpoint=ftp://x",
      "s3://bucket?endpoint=http://key:secret@host",
    ]
  ) {
    assert.throws(() => new S3Origin("s3", root), (error) => {
      assert.ok(error instanceof TypeError);
      assert.doesNotMatch(error.message, /secret/);
      return true;
    });
  }
});

function everyCall(origin: Origin, signal?: AbortSignal): (() => Promise<unknown>)[] {
  const options = signal === undefined ? {} : { signal };
  return [
    () => list(origin, options),
    () => origin.check(options),
    () => origin.stat("file", options),
    () => readBytes(origin, "file", 0, 1, options),
  ];
}
