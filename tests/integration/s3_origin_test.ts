/** What a bucket, its server and the way to it can do to a reader. */
import assert from "node:assert/strict";
import {
  openOrigin,
  type Origin,
  OriginBusy,
  OriginChanged,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  readBytes,
} from "../../src/origins/mod.ts";
import { S3Origin } from "../../src/origins/s3_origin.ts";
import { list } from "../contract/origin_suite.ts";
import { S3Front } from "../support/s3_front.ts";
import { S3Server, setS3Credentials } from "../support/s3_server.ts";
import { TcpProxy } from "../support/tcp_proxy.ts";

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

Deno.test("credentials are read again after any refusal, once, and asked with when they are others", async () => {
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

Deno.test("a refused listing and a refused object are told apart, and nothing flips", async () => {
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

Deno.test("an address says what is wrong with it, and no secret of it", () => {
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

const OBJECT = "0123456789abcdefghij";
const VERSION = { size: 20, mtime_s: 1_700_000_000, mtime_ns: 0, etag: "right" };

interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Sent as it is, whatever the headers say; nothing more ever when it is absent. */
  readonly body?: string | undefined;
  /** After the body: closed when absent. */
  readonly then?: "silence" | "more";
}

/** Answers of a server to a read of 5 bytes from 10, and what becomes of them. */
const READS: Record<string, [Answer, (error: unknown) => boolean]> = {
  "403 of one object": [xml(403, "AccessDenied"), isA(OriginRefused)],
  "403 of an archived object": [xml(403, "InvalidObjectState"), isA(OriginRefused)],
  "404": [xml(404, "NoSuchKey"), isA(OriginNotFound)],
  "404 of something else than S3": [{ status: 404, body: "<html>" }, isPassing(/404/)],
  "404 of the bucket": [xml(404, "NoSuchBucket"), isPermanent(/no such bucket/)],
  "412": [xml(412, "PreconditionFailed"), isA(OriginChanged)],
  "416": [xml(416, "InvalidRange"), isA(OriginChanged)],
  "429": [xml(429, "TooManyRequests"), isPassing(/429/)],
  "500": [xml(500, "InternalError"), isPassing(/500/)],
  "503": [xml(503, "SlowDown"), isPassing(/503 SlowDown/)],
  "500 that does not end": [{ ...xml(500, "InternalError"), then: "more" }, isPassing(/500/)],
  "503 of a proxy": [{ status: 503, body: "gone" }, isPassing(/503/)],
  "a signature that is wrong": [xml(403, "SignatureDoesNotMatch"), isPermanent(/secret key/)],
  "credentials that expired": [xml(400, "ExpiredToken"), isPermanent(/expired/)],
  "a clock that is wrong": [xml(403, "RequestTimeTooSkewed"), isPermanent(/clock/)],
  "a redirect to another region": [
    {
      ...xml(301, "PermanentRedirect"),
      headers: { "x-amz-bucket-region": "eu-west-9", location: "http://127.0.0.1:1/" },
    },
    isPermanent(/region eu-west-9/),
  ],
  "a redirect to another host": [
    { status: 307, headers: { location: "http://127.0.0.1:1/" }, body: "" },
    isPassing(/307/),
  ],
  "another ETag": [ranged("abcde", { etag: '"wrong"' }), isA(OriginChanged)],
  "no ETag": [ranged("abcde", { etag: "" }), isPassing(/no ETag/)],
  "another time": [
    ranged("abcde", { "last-modified": "Wed, 15 Nov 2023 22:13:20 GMT" }),
    isA(OriginChanged),
  ],
  "another size": [ranged("abcde", { "content-range": "bytes 10-14/21" }), isA(OriginChanged)],
  "another range": [
    ranged("01234", { "content-range": "bytes 0-4/20" }),
    isPassing(/another range/),
  ],
  "a shorter range": [
    ranged("abc", { "content-range": "bytes 10-12/20", "content-length": "3" }),
    isPassing(/another range/),
  ],
  "no range": [ranged("abcde", { "content-range": "" }), isPassing(/ranges/)],
  "the whole object": [
    { status: 200, headers: headers({ "content-length": "20" }), body: OBJECT },
    isPassing(/does not give ranges/),
  ],
  "a short body": [ranged("abc"), isPassing()],
  "a short body without a length": [ranged("abc", { "content-length": "" }), isPassing(/early/)],
  "a long body": [ranged("abcdef", { "content-length": "" }), isPassing(/too long/)],
  "a long body with its length": [
    ranged("abcdef", { "content-length": "6" }),
    isPassing(/not as long/),
  ],
  "an endless body": [
    { ...ranged("abcde", { "content-length": "" }), then: "more" },
    isPassing(/too long/),
  ],
  "no answer": [{ then: "silence", body: undefined }, isTimeout],
  "half an answer": [{ ...ranged("abc"), then: "silence" }, isTimeout],
  "no end": [{ ...ranged("abcde", { "content-length": "" }), then: "silence" }, isTimeout],
  "no HTTP": [{ status: 0, body: "SSH-2.0-OpenSSH\r\n" }, isPassing()],
};

Deno.test("answers to a read that are none", async (t) => {
  for (const [what, [answer, isRight]] of Object.entries(READS)) {
    await t.step(what, () =>
      withHostile(answer, async (origin) => {
        const signal = AbortSignal.timeout(isTimeout === isRight ? 300 : 30_000);
        const read = readBytes(origin, "file", 10, 5, { version: VERSION, signal });
        const error = await read.then((bytes) => new TextDecoder().decode(bytes), (e) => e);
        assert.ok(isRight(error), Deno.inspect(error));
      }));
  }
});

Deno.test("a server that is busy names the pause that it wants", async (t) => {
  const inAMinute = new Date(Date.now() + 60_000).toUTCString();
  const pauses: Record<string, [string | undefined, (ms: number) => boolean]> = {
    "none": [undefined, (ms) => ms === 0],
    "seconds": ["17", (ms) => ms === 17_000],
    "a date": [inAMinute, (ms) => ms > 0 && ms <= 60_000],
    "a date that is past": ["Tue, 14 Nov 2023 22:13:20 GMT", (ms) => ms === 0],
    "a year": ["31536000", (ms) => ms <= 300_000],
    "nonsense": ["soon", (ms) => ms === 0],
  };
  for (const [what, [header, isRight]] of Object.entries(pauses)) {
    await t.step(what, () => {
      const answer = xml(503, "SlowDown");
      const more = header === undefined ? {} : { "retry-after": header };
      return withHostile({ ...answer, headers: { ...answer.headers, ...more } }, async (origin) => {
        const error = await readBytes(origin, "file", 0, 5).catch((error) => error);
        assert.ok(error instanceof OriginBusy && isRight(error.pause_ms), Deno.inspect(error));
      });
    });
  }
});

Deno.test("answers to a read that are right, though not the plainest", async (t) => {
  const right: Record<string, Answer> = {
    "a range that goes on": ranged("abcdefghij", {
      "content-range": "bytes 10-19/20",
      "content-length": "10",
    }),
    "without a length": ranged("abcde", { "content-length": "" }),
  };
  for (const [what, answer] of Object.entries(right)) {
    await t.step(what, () =>
      withHostile(answer, async (origin) => {
        const bytes = await readBytes(origin, "file", 10, 5, { version: VERSION });
        assert.equal(new TextDecoder().decode(bytes), "abcde");
      }));
  }
});

const LISTINGS: Record<string, [Answer, (error: unknown) => boolean]> = {
  "403": [xml(403, "AccessDenied"), isA(OriginRefused)],
  "404": [xml(404, "NoSuchBucket"), isPermanent(/no such bucket/)],
  "503": [xml(503, "SlowDown"), isPassing(/503/)],
  "a login page": [{ body: "<html><body>Welcome</body></html>" }, isPassing(/no listing/)],
  "nothing": [{ body: "" }, isPassing(/no listing/)],
  "XML that breaks off": [listing("<Contents><Key>a"), isPassing()],
  "no XML": [{ body: "{}" }, isPassing()],
  "more to come, without a token": [
    listing(`<IsTruncated>true</IsTruncated>${object("a")}`),
    isPassing(/cut off/),
  ],
  "a token that leads nowhere": [
    listing(
      `<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>`,
    ),
    isPassing(/does not end/),
  ],
  "the same page again and again": [
    listing(
      `<IsTruncated>true</IsTruncated><NextContinuationToken>x</NextContinuationToken>${
        object("a")
      }`,
    ),
    isPassing(/twice/),
  ],
  "fewer keys than it says": [
    listing(`<IsTruncated>false</IsTruncated><KeyCount>2</KeyCount>${object("a")}`),
    isPassing(/cut off/),
  ],
  "a key without a size": [
    listing(`<IsTruncated>false</IsTruncated>${object("a").replace(/<Size>.*<\/Size>/, "")}`),
    isPassing(/no size/),
  ],
  "a listing that does not end": [
    { ...listing("<IsTruncated>false</IsTruncated>"), then: "more" },
    isPassing(/too long/),
  ],
  "no answer": [{ then: "silence", body: undefined }, isTimeout],
  "a body that ends early": [
    {
      headers: { "content-length": "1000" },
      body: listing(`<IsTruncated>false</IsTruncated>${object("a")}`).body,
    },
    isPassing(),
  ],
};

Deno.test("answers to a listing that are none", async (t) => {
  for (const [what, [answer, isRight]] of Object.entries(LISTINGS)) {
    await t.step(what, () =>
      withHostile(answer, async (origin) => {
        const signal = AbortSignal.timeout(what === "no answer" ? 300 : 30_000);
        const error = await list(origin, { signal }).catch((error) => error);
        assert.ok(isRight(error), Deno.inspect(error));
      }));
  }
});

Deno.test("keys that are no paths are named, and encoded ones understood", () =>
  withHostile(
    listing(
      `<EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>${
        ["%00", "..%2Fup", "a%2B+%2525", "b/./c", "b%2F%2Fc", "marker/"].map(object).join("")
      }`,
    ),
    async (origin) => {
      const entries = (await list(origin)).flat();
      assert.deepEqual(entries.map(({ kind, path }) => [kind, path]), [
        ["unlisted", "\0"],
        ["unlisted", "../up"],
        ["file", "a+ %25"],
        ["unlisted", "b/./c"],
        ["unlisted", "b//c"],
      ]);
    },
  ));

Deno.test("entities of a listing are not expanded", () => {
  const names = Array.from({ length: 12 }, (_, i) => i);
  const entities = names.map((i) =>
    `<!ENTITY e${i} ${i === 0 ? 'SYSTEM "file:///etc/passwd"' : `"${`&e${i - 1};`.repeat(20)}"`}>`
  );
  const { body, ...answer } = listing(`<IsTruncated>false</IsTruncated>${object("a&e11;")}`);
  const hostile = { ...answer, body: body!.replace("?>", `?><!DOCTYPE x [${entities.join("")}]>`) };
  return withHostile(hostile, async (origin) => {
    const entries = (await list(origin, { signal: AbortSignal.timeout(5_000) })).flat();
    assert.ok(entries.every(({ path }) => path.length < 10), Deno.inspect(entries).slice(0, 200));
  });
});

function object(key: string): string {
  return `<Contents><Key>${key}</Key><LastModified>2023-11-14T22:13:20.000Z</LastModified>` +
    `<ETag>&quot;right&quot;</ETag><Size>20</Size></Contents>`;
}

function listing(inner: string): Answer {
  return {
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0"?><ListBucketResult><Name>music</Name>${inner}</ListBucketResult>`,
  };
}

function xml(status: number, code: string): Answer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No</Message></Error>`;
  return { status, headers: { "content-type": "application/xml" }, body };
}

function headers(other: Record<string, string> = {}): Record<string, string> {
  return { etag: '"right"', "last-modified": "Tue, 14 Nov 2023 22:13:20 GMT", ...other };
}

/** An answer to the read of bytes 10 to 14; a header that is empty is left out. */
function ranged(body: string, other: Record<string, string> = {}): Answer {
  const right = { "content-range": "bytes 10-14/20", "content-length": "5" };
  return { status: 206, headers: headers({ ...right, ...other }), body };
}

/** Runs a test with an origin whose server gives one answer to everything. */
async function withHostile(
  answer: Answer,
  run: (origin: Origin) => Promise<void>,
  requests: string[] = [],
): Promise<void> {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serving = serve(listener, answer, requests);
  setS3Credentials();
  const endpoint = `http://127.0.0.1:${listener.addr.port}`;
  const origin = new S3Origin("s3", `s3://music?endpoint=${endpoint}`);
  try {
    await run(origin);
  } finally {
    await origin.close();
    listener.close();
    await serving;
  }
}

async function serve(
  listener: Deno.Listener,
  answer: Answer,
  requests: string[],
): Promise<void> {
  const answering: Promise<void>[] = [];
  for await (const connection of listener) {
    const given = give(connection, answer, requests).catch(() => {});
    answering.push(given.finally(() => connection.close()));
  }
  await Promise.all(answering);
}

async function give(connection: Deno.Conn, answer: Answer, requests: string[]): Promise<void> {
  const request = new Uint8Array(16_384);
  const length = await connection.read(request);
  if (length === null) return;
  requests.push(new TextDecoder().decode(request.subarray(0, length)));
  const { status = 200, headers = {}, body, then } = answer;
  const lines = Object.entries(headers).filter(([, value]) => value !== "");
  const head = [`HTTP/1.1 ${status} Status`, ...lines.map((line) => line.join(": "))];
  head.push("connection: close", "", "");
  const text = (status === 0 ? "" : head.join("\r\n")) + (body ?? "");
  if (body !== undefined) await send(connection, text);
  while (then === "more") await send(connection, "more and more ".repeat(1000));
  // Until the client gives up.
  if (then === "silence") { while (await connection.read(request) !== null); }
}

async function send(connection: Deno.Conn, text: string): Promise<void> {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
}

function everyCall(origin: Origin, signal?: AbortSignal): (() => Promise<unknown>)[] {
  const options = signal === undefined ? {} : { signal };
  return [
    () => list(origin, options),
    () => origin.check(options),
    () => origin.stat("file", options),
    () => readBytes(origin, "file", 0, 1, options),
  ];
}

function isA(type: new (message: string) => Error): (error: unknown) => boolean {
  return (error) => error instanceof type;
}

function isPermanent(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof OriginUnreachable && error.isPermanent && message.test(error.message);
}

/** It does not answer now, and may later. */
function isPassing(message: RegExp = /./): (error: unknown) => boolean {
  return (error) =>
    error instanceof OriginUnreachable && !error.isPermanent && message.test(error.message);
}

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}
