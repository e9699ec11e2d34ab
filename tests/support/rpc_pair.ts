/** Two peers of JSON-RPC that are connected in memory. */
import { EXIT, UserError } from "../../src/base/mod.ts";
import { type ByteStream, webByteStream } from "../../src/control/rpc/byte_stream.ts";
import {
  type CallContext,
  type PeerOptions,
  RpcPeer,
  type Service,
} from "../../src/control/rpc/rpc_peer.ts";

export interface Methods {
  "add": { params: { a: number; b: number }; result: number };
  "fail": { params: { how: "user" | "fault" | "unsendable" }; result: unknown };
  "wait": { params: Record<string, never>; result: null };
}

export interface Said {
  "hello": { name: string };
}

/** The contexts of calls that `wait` is serving. */
export class Waiting {
  readonly signals: AbortSignal[] = [];
  readonly #arrived = Promise.withResolvers<void>();
  readonly arrived = this.#arrived.promise;

  methods(): Service["methods"] {
    // deno-lint-ignore no-explicit-any
    return new Map<string, (params: any, context: CallContext) => unknown>([
      ["add", ({ a, b }: { a: number; b: number }) => a + b],
      ["fail", ({ how }: { how: string }) => {
        if (how === "user") {
          throw new UserError("Cannot", { hint: "Try again", exitCode: EXIT.notFound });
        }
        if (how === "unsendable") return 1n;
        throw new TypeError("a fault");
      }],
      ["wait", (_: unknown, { signal }) => {
        this.signals.push(signal);
        this.#arrived.resolve();
        return new Promise((_, reject) => {
          signal.addEventListener("abort", () => reject(signal.reason));
        });
      }],
    ]);
  }
}

export function pair(server: PeerOptions, client: PeerOptions = {}) {
  const [here, there] = streamPair();
  return {
    client: new RpcPeer<Methods, Said>(here, client),
    server: new RpcPeer<Record<never, never>, Said>(there, server),
  };
}

export function streamPair(): [ByteStream, ByteStream] {
  const up = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  const down = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>();
  return [webByteStream(down.readable, up.writable), webByteStream(up.readable, down.writable)];
}

export function encode(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}

// deno-lint-ignore no-explicit-any
export async function* jsonLines(stream: ByteStream): AsyncGenerator<any, undefined> {
  let text = "";
  for (let bytes = await stream.read(); bytes !== undefined; bytes = await stream.read()) {
    text += new TextDecoder().decode(bytes);
    const lines = text.split("\n");
    text = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}

export async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener("abort", resolve));
}
