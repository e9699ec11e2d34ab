/** Answers of an S3 server that a test writes byte by byte, and what a client makes of them. */
import { type Origin, OriginUnreachable } from "../../src/origins/mod.ts";
import { S3Origin } from "../../src/origins/s3/s3_origin.ts";
import { setS3Credentials } from "./s3_server.ts";

export const OBJECT = "0123456789abcdefghij";
export const VERSION = { size: 20, mtime_s: 1_700_000_000, mtime_ns: 0, etag: "right" };

export interface Answer {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  /** Sent as it is, whatever the headers say; nothing follows the head when it is absent. */
  readonly body?: string | undefined;
  /** After the body, silence or more bytes; the connection is closed when absent. */
  readonly then?: "silence" | "more";
}

export function object(key: string): string {
  return `<Contents><Key>${key}</Key><LastModified>2023-11-14T22:13:20.000Z</LastModified>` +
    `<ETag>&quot;right&quot;</ETag><Size>20</Size></Contents>`;
}

export function listing(inner: string): Answer {
  return {
    headers: { "content-type": "application/xml" },
    body: `<?xml version="1.0"?><ListBucketResult><Name>music</Name>${inner}</ListBucketResult>`,
  };
}

export function xml(status: number, code: string): Answer {
  const body = `<?xml version="1.0"?><Error><Code>${code}</Code><Message>No</Message></Error>`;
  return { status, headers: { "content-type": "application/xml" }, body };
}

export function headers(other: Record<string, string> = {}): Record<string, string> {
  return { etag: '"right"', "last-modified": "Tue, 14 Nov 2023 22:13:20 GMT", ...other };
}

/** An answer to the read of bytes 10 to 14; a header that is empty is left out. */
export function ranged(body: string, other: Record<string, string> = {}): Answer {
  const right = { "content-range": "bytes 10-14/20", "content-length": "5" };
  return { status: 206, headers: headers({ ...right, ...other }), body };
}

/** Runs a test with an origin whose server gives one answer to everything. */
export async function withHostile(
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

export async function serve(
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

export async function give(
  connection: Deno.Conn,
  answer: Answer,
  requests: string[],
): Promise<void> {
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
  // The connection stays silent until the client gives up.
  if (then === "silence") { while (await connection.read(request) !== null); }
}

export async function send(connection: Deno.Conn, text: string): Promise<void> {
  let rest = new TextEncoder().encode(text);
  while (rest.length > 0) rest = rest.subarray(await connection.write(rest));
}

export function isA(type: new (message: string) => Error): (error: unknown) => boolean {
  return (error) => error instanceof type;
}

export function isPermanent(message: RegExp): (error: unknown) => boolean {
  return (error) =>
    error instanceof OriginUnreachable && error.isPermanent && message.test(error.message);
}

/** Whether the origin does not answer now, but may later. */
export function isPassing(message: RegExp = /./): (error: unknown) => boolean {
  return (error) =>
    error instanceof OriginUnreachable && !error.isPermanent && message.test(error.message);
}
