import { fileURLToPath } from "node:url";
import { type LinkCounts, type LinkSettings, TcpProxy } from "./tcp_proxy.ts";

const SCRIPT = fileURLToPath(import.meta.url);

type Order = Partial<LinkSettings> & { readonly do?: "cut" | "refuse" | "accept" };

/** A {@link TcpProxy} in a process of its own, so that it takes no time from the client that is measured. */
export class TcpProxyProcess {
  readonly port: number;
  readonly #process: Deno.ChildProcess;
  readonly #orders: WritableStreamDefaultWriter<Uint8Array>;
  readonly #answers: AsyncIterator<unknown>;

  private constructor(
    process: Deno.ChildProcess,
    answers: AsyncIterator<unknown>,
    { port }: { port: number },
  ) {
    this.port = port;
    this.#process = process;
    this.#orders = process.stdin.getWriter();
    this.#answers = answers;
  }

  static async open(
    target: number,
    settings: Partial<LinkSettings> = {},
  ): Promise<TcpProxyProcess> {
    const process = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-check", SCRIPT, String(target)],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const answers = jsonLines(process.stdout);
    const { value } = await answers.next();
    const proxy = new TcpProxyProcess(process, answers, value as { port: number });
    await proxy.set(settings);
    return proxy;
  }

  /** Changes the link; resolves with the counts until then. */
  async set(order: Order): Promise<LinkCounts> {
    await this.#orders.write(new TextEncoder().encode(`${JSON.stringify(order)}\n`));
    return (await this.#answers.next()).value as LinkCounts;
  }

  /** The counts so far. */
  counts(): Promise<LinkCounts> {
    return this.set({});
  }

  async close(): Promise<void> {
    await this.#orders.close();
    await this.#answers.return?.();
    await this.#process.status;
  }
}

async function* jsonLines(bytes: ReadableStream<Uint8Array>): AsyncGenerator<unknown> {
  let rest = "";
  for await (const text of bytes.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) yield JSON.parse(line);
  }
}

/**
 * usage: tcp_proxy_process.ts TARGET_PORT. It takes an order a line on standard input, and answers each with the
 * counts.
 */
async function serve(target: number): Promise<void> {
  const proxy = await TcpProxy.open(target);
  console.log(JSON.stringify({ port: proxy.port }));
  for await (const order of jsonLines(Deno.stdin.readable)) {
    const { do: action, ...settings } = order as Order;
    Object.assign(proxy.settings, settings);
    // JSON has no Infinity.
    proxy.settings.bytesPerSecond ??= Infinity;
    if (action !== undefined) await proxy[action]();
    console.log(JSON.stringify(proxy.counts));
  }
  await proxy.close();
}

if (import.meta.main) await serve(Number(Deno.args[0]));
