/** How an S3 origin treats answers that no good server gives. */
import assert from "node:assert/strict";
import {
  OriginBusy,
  OriginChanged,
  OriginNotFound,
  OriginRefused,
  readBytes,
} from "../../src/origins/mod.ts";
import { list } from "../contract/origin_suite.ts";
import {
  type Answer,
  headers,
  isA,
  isPassing,
  isPermanent,
  listing,
  OBJECT,
  object,
  ranged,
  VERSION,
  withHostile,
  xml,
} from "../support/s3_answers.ts";

/** Answers to a read of 5 bytes from 10, and a check of the error that each must cause. */
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

Deno.test("wrong answers to a read", async (t) => {
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

Deno.test("unusual but right answers to a read", async (t) => {
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

Deno.test("wrong answers to a listing", async (t) => {
  for (const [what, [answer, isRight]] of Object.entries(LISTINGS)) {
    await t.step(what, () =>
      withHostile(answer, async (origin) => {
        const signal = AbortSignal.timeout(what === "no answer" ? 300 : 30_000);
        const error = await list(origin, { signal }).catch((error) => error);
        assert.ok(isRight(error), Deno.inspect(error));
      }));
  }
});

Deno.test("keys that are no paths are reported, and encoded keys are decoded", () =>
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

function isTimeout(error: unknown): boolean {
  return error instanceof DOMException && error.name === "TimeoutError";
}
