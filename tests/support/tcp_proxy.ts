import { createConnection, createServer, type Server, type Socket } from "node:net";
import { once } from "node:events";

/** The properties of a connection between client and server. All may change while it is used. */
export interface LinkSettings {
  /** The latency one way, in ms. An answer takes twice as long, a new connection twice more. */
  latencyMs: number;
  /** Bytes a second each way, of all connections together; Infinity for no limit. */
  bytesPerSecond: number;
  /** The most unacknowledged bytes of a connection, like TCP's window. */
  windowBytes: number;
  /** Whether connections are made but nothing gets through. What was sent arrives once this ends. */
  isSilent: boolean;
}

/** What went through, from the client's side. */
export interface LinkCounts {
  connections: number;
  bytesUp: number;
  bytesDown: number;
}

export const DIRECT: LinkSettings = {
  latencyMs: 0,
  bytesPerSecond: Infinity,
  windowBytes: 4 * 1024 * 1024,
  isSilent: false,
};

/**
 * A TCP proxy on 127.0.0.1 that makes the connection to a server long, narrow or broken. Latency delays every byte
 * and throttles none: up to the window, any number of bytes can be under way.
 */
export class TcpProxy {
  readonly settings: LinkSettings;
  readonly counts: LinkCounts = { connections: 0, bytesUp: 0, bytesDown: 0 };
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  readonly #stranded = new WeakSet<Socket>();
  readonly #up: Link;
  readonly #down: Link;
  #server: Server | undefined;
  #port = 0;

  private constructor(target: number, settings: Partial<LinkSettings>) {
    this.#target = target;
    this.settings = { ...DIRECT, ...settings };
    this.#up = new Link(this.settings, (bytes) => this.counts.bytesUp += bytes, this.#stranded);
    this.#down = new Link(this.settings, (bytes) => this.counts.bytesDown += bytes, this.#stranded);
  }

  /** Opens a proxy for a port of 127.0.0.1. */
  static async open(target: number, settings: Partial<LinkSettings> = {}): Promise<TcpProxy> {
    const proxy = new TcpProxy(target, settings);
    await proxy.accept();
    return proxy;
  }

  get port(): number {
    return this.#port;
  }

  /** The number of connections now. */
  get active(): number {
    return this.#sockets.size / 2;
  }

  /** Resets every connection; new ones are accepted. */
  cut(): void {
    for (const socket of this.#sockets) reset(socket);
  }

  /** Lets nothing through any more on the present connections, without closing them; new ones work. */
  strand(): void {
    for (const socket of this.#sockets) this.#stranded.add(socket);
  }

  /** Resets every connection and refuses new ones, until `accept`. */
  async refuse(): Promise<void> {
    const server = this.#server;
    if (server === undefined) return;
    this.#server = undefined;
    server.close();
    this.cut();
    // An older Deno does not tell when a server with connections is closed.
    while (this.#sockets.size > 0) await delay(1);
  }

  /** Accepts connections, on the same port as before. */
  async accept(): Promise<void> {
    if (this.#server !== undefined) return;
    const server = createServer({ allowHalfOpen: true }, (client) => void this.#connect(client));
    this.#server = server;
    server.listen(this.#port, "127.0.0.1");
    await once(server, "listening");
    this.#port = (server.address() as { port: number }).port;
  }

  close(): Promise<void> {
    return this.refuse();
  }

  async #connect(client: Socket): Promise<void> {
    this.counts.connections++;
    this.#sockets.add(client);
    client.on("error", () => {});
    client.on("close", () => this.#sockets.delete(client));
    client.pause();
    // The handshake of the connection goes there and back before the first byte does.
    await delay(2 * this.settings.latencyMs);
    if (client.destroyed) return;
    const server = createConnection({ port: this.#target, host: "127.0.0.1", allowHalfOpen: true });
    this.#sockets.add(server);
    for (const socket of [client, server]) socket.setNoDelay(true);
    server.on("error", () => reset(client));
    client.on("error", () => reset(server));
    server.on("close", () => {
      this.#sockets.delete(server);
      if (!server.readableEnded) reset(client);
    });
    client.on("close", () => {
      if (!client.readableEnded) reset(server);
    });
    new Pipe(client, server, this.#up);
    new Pipe(server, client, this.#down);
  }
}

/** One direction of all connections together: each waits for the bytes of the others. */
class Link {
  readonly settings: LinkSettings;
  readonly count: (bytes: number) => void;
  readonly #stranded: WeakSet<Socket>;
  #freeAt = 0;

  constructor(
    settings: LinkSettings,
    count: (bytes: number) => void,
    stranded: WeakSet<Socket>,
  ) {
    this.settings = settings;
    this.count = count;
    this.#stranded = stranded;
  }

  isSilent(to: Socket): boolean {
    return this.settings.isSilent || this.#stranded.has(to);
  }

  /** When bytes that are sent now will arrive. */
  arrival(bytes: number): number {
    const { bytesPerSecond, latencyMs } = this.settings;
    this.#freeAt = Math.max(this.#freeAt, performance.now()) + bytes / bytesPerSecond * 1000;
    return this.#freeAt + latencyMs;
  }
}

/** One direction of one connection: a queue of the bytes under way. */
class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #link: Link;
  readonly #queue: { readonly bytes: Uint8Array | undefined; readonly arrival: number }[] = [];
  #underWay = 0;
  #isRunning = false;

  constructor(from: Socket, to: Socket, link: Link) {
    this.#from = from;
    this.#to = to;
    this.#link = link;
    from.on("data", (bytes: Uint8Array) => this.#send(bytes));
    from.on("end", () => this.#send(undefined));
    from.resume();
  }

  #send(bytes: Uint8Array | undefined): void {
    const length = bytes?.length ?? 0;
    this.#underWay += length;
    if (this.#underWay >= this.#link.settings.windowBytes) this.#from.pause();
    this.#queue.push({ bytes, arrival: this.#link.arrival(length) });
    if (!this.#isRunning) void this.#deliver();
  }

  async #deliver(): Promise<void> {
    this.#isRunning = true;
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      await delay(next.arrival - performance.now());
      while (this.#link.isSilent(this.#to) && !this.#to.destroyed) await delay(5);
      if (this.#to.destroyed) break;
      if (next.bytes === undefined) this.#to.end();
      else await this.#hand(next.bytes);
    }
    this.#isRunning = false;
  }

  async #hand(bytes: Uint8Array): Promise<void> {
    this.#link.count(bytes.length);
    const { latencyMs } = this.#link.settings;
    const isTaken = this.#to.write(bytes, () => {
      if (latencyMs === 0) this.#acknowledge(bytes.length);
      else setTimeout(() => this.#acknowledge(bytes.length), latencyMs);
    });
    if (isTaken) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const signals = ["drain", "close"];
    for (const signal of signals) this.#to.on(signal, resolve);
    await promise;
    for (const signal of signals) this.#to.off(signal, resolve);
  }

  #acknowledge(bytes: number): void {
    this.#underWay -= bytes;
    if (this.#underWay < this.#link.settings.windowBytes) this.#from.resume();
  }
}

function delay(ms: number): Promise<void> | undefined {
  return ms > 0 ? new Promise((resolve) => setTimeout(resolve, ms)) : undefined;
}

/** Ends a connection with RST; with FIN on a Deno that can't send RST. */
function reset(socket: Socket): void {
  if (typeof socket.resetAndDestroy === "function") socket.resetAndDestroy();
  else socket.destroy();
}
