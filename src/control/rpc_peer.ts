import { messageOf, RPC_DEADLINE_MS, RPC_FRAME_BYTES_MAX, UserError } from "../base/mod.ts";
import type { ByteStream } from "./byte_stream.ts";
import { FrameTooLong, LineReader } from "./line_reader.ts";
import { RPC_ERROR } from "./protocol.ts";
import { errorFrom, errorObject, RpcClosed, RpcError } from "./rpc_error.ts";

/** Tells the other side that nobody waits for the answer any more; names with `rpc.` are the protocol's own. */
const CANCEL = "rpc.cancel";

/** How long a side that hangs up waits for the other to take what was still to be sent, in ms. */
const FLUSH_MS = 1_000;

/** A map of methods, as in protocol.ts. */
export type MethodMap<Map> = { [Name in keyof Map]: { params: unknown; result: unknown } };

/** What is served to the other side. Parameters are checked by the method itself: see params.ts. */
export interface Service {
  readonly methods: ReadonlyMap<string, (params: unknown, context: CallContext) => unknown>;
  readonly notified: ReadonlyMap<string, (params: unknown) => void>;
}

export interface CallContext {
  /** Aborted when the caller gave up or is gone. */
  readonly signal: AbortSignal;
}

export interface RequestOptions {
  /** Milliseconds; RPC_DEADLINE_MS when absent, Infinity for as long as it takes. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface PeerOptions {
  readonly service?: Partial<Service>;
  /** A fault of this program while it served a request; the caller is told its message as well. */
  readonly onFault?: (error: unknown, method: string) => void;
  /** Nothing more is read while this many bytes wait to be sent: for a side that can't trust the other to
   * read its answers. Infinity when absent, since two sides that both wait would wait for ever. */
  readonly unsentBytesMax?: number;
}

interface Pending {
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

type Id = string | number | null;
type Message = Readonly<Record<string, unknown>>;

/**
 * One side of a JSON-RPC 2.0 connection, one frame a line. Both sides may ask and tell. `Remote` are the
 * methods of the other side, `Said` the notifications this side may send.
 */
export class RpcPeer<Remote extends MethodMap<Remote>, Said = Record<never, never>> {
  /** Resolves when the connection has ended, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;
  readonly #stream: ByteStream;
  readonly #service: Partial<Service>;
  readonly #onFault: (error: unknown, method: string) => void;
  readonly #unsentBytesMax: number;
  readonly #pending = new Map<number, Pending>();
  readonly #serving = new Map<Id, AbortController>();
  #nextId = 1;
  #writing: Promise<void> = Promise.resolve();
  #unsentBytes = 0;
  #ended = false;

  constructor(stream: ByteStream, options: PeerOptions = {}) {
    this.#stream = stream;
    this.#service = options.service ?? {};
    this.#onFault = options.onFault ?? (() => {});
    this.#unsentBytesMax = options.unsentBytesMax ?? Infinity;
    this.closed = this.#receive();
  }

  /**
   * Asks the other side.
   *
   * @throws UserError when it answers with one, or not before the deadline.
   * @throws RpcError for any other error it answers with.
   * @throws RpcClosed when the connection ends first.
   */
  request<Name extends keyof Remote & string>(
    method: Name,
    params: Remote[Name]["params"],
    options: RequestOptions = {},
  ): Promise<Remote[Name]["result"]> {
    const { deadlineMs = RPC_DEADLINE_MS, signal } = options;
    const answer = Promise.withResolvers<unknown>();
    const id = this.#nextId++;
    try {
      if (this.#ended) throw closedError();
      signal?.throwIfAborted();
      this.#send({ jsonrpc: "2.0", id, method, params });
    } catch (error) {
      return Promise.reject(error);
    }
    this.#pending.set(id, answer);

    const giveUp = (error: unknown) => {
      this.#notify(CANCEL, { id });
      answer.reject(error);
    };
    const abort = () => giveUp(signal?.reason);
    signal?.addEventListener("abort", abort);
    const timer = deadlineMs === Infinity ? undefined : setTimeout(() => {
      giveUp(new UserError(`Cannot wait longer for '${method}': no answer in ${deadlineMs} ms`));
    }, deadlineMs);
    return answer.promise.finally(() => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", abort);
      this.#pending.delete(id);
    }) as Promise<Remote[Name]["result"]>;
  }

  /** Tells the other side; whether it hears is not known. */
  notify<Name extends keyof Said & string>(method: Name, params: Said[Name]): void {
    this.#notify(method, params);
  }

  /** Ends the connection after what was sent has gone out. Open requests reject with RpcClosed. */
  async close(): Promise<void> {
    this.#end();
    await this.#hangUp();
    await this.closed;
  }

  async #receive(): Promise<void> {
    const lines = new LineReader(RPC_FRAME_BYTES_MAX);
    const decoder = new TextDecoder("utf-8", { fatal: true });
    try {
      for (;;) {
        const bytes = await this.#stream.read();
        if (bytes === undefined || this.#ended) break;
        for (const line of lines.push(bytes)) this.#take(parse(line, decoder));
        if (this.#unsentBytes > this.#unsentBytesMax) await this.#writing;
      }
    } catch (error) {
      if (error instanceof FrameTooLong) {
        this.#respond(null, { error: { code: RPC_ERROR.invalidRequest, message: error.message } });
      }
      // Any other failure is that of a connection that broke: an end like every other.
    }
    this.#end();
    await this.#hangUp();
  }

  #take(message: unknown): void {
    if (typeof message !== "object" || message === null || Array.isArray(message)) {
      const why = message === undefined
        ? { code: RPC_ERROR.parse, message: "Cannot parse the frame as JSON" }
        : { code: RPC_ERROR.invalidRequest, message: "Cannot take a frame that is not one object" };
      return this.#respond(null, { error: why });
    }
    const { jsonrpc, id, method } = message as Message;
    if (jsonrpc === "2.0" && typeof method === "string" && isId(id)) {
      return void this.#takeRequest(id, method, message as Message);
    }
    if (jsonrpc === "2.0" && typeof method === "string" && id === undefined) {
      return this.#takeNotification(method, (message as Message).params);
    }
    if (jsonrpc === "2.0" && method === undefined && ("result" in message || "error" in message)) {
      return this.#takeAnswer(id, message as Message);
    }
    this.#respond(isId(id) ? id : null, {
      error: {
        code: RPC_ERROR.invalidRequest,
        message: "Cannot take a frame that is neither request, notification nor response",
      },
    });
  }

  async #takeRequest(id: Id, method: string, { params }: Message): Promise<void> {
    const abort = new AbortController();
    this.#serving.set(id, abort);
    try {
      const serve = this.#service.methods?.get(method);
      if (serve === undefined) {
        throw new RpcError(RPC_ERROR.methodNotFound, `Cannot find a method '${method}'`);
      }
      const result = await serve(params, { signal: abort.signal });
      this.#respond(id, { result: result ?? null });
    } catch (error) {
      const expected = error instanceof UserError || error instanceof RpcError;
      if (!expected && !abort.signal.aborted) this.#onFault(error, method);
      this.#respondError(id, error);
    } finally {
      if (this.#serving.get(id) === abort) this.#serving.delete(id);
    }
  }

  #takeNotification(method: string, params: unknown): void {
    if (method === CANCEL) {
      const id = (params as { id?: unknown } | null | undefined)?.id;
      if (isId(id)) this.#serving.get(id)?.abort(closedError());
      return;
    }
    try {
      this.#service.notified?.get(method)?.(params);
    } catch (error) {
      this.#onFault(error, method);
    }
  }

  #takeAnswer(id: unknown, message: Message): void {
    // An answer nobody waits for any more came after its deadline.
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if ("error" in message) pending?.reject(errorFrom(message.error));
    else pending?.resolve(message.result);
  }

  #notify(method: string, params: unknown): void {
    this.#send({ jsonrpc: "2.0", method, params });
  }

  #respond(id: Id, outcome: { result: unknown } | { error: unknown }): void {
    this.#send({ jsonrpc: "2.0", id, ...outcome });
  }

  /** An error may repeat what it was asked, which is as long as a frame may be. */
  #respondError(id: Id, error: unknown): void {
    try {
      this.#respond(id, { error: errorObject(error) });
    } catch {
      const message = "Cannot say what is wrong: the answer would be too long";
      this.#respond(id, { error: { code: RPC_ERROR.internal, message } });
    }
  }

  #send(message: Message): void {
    if (this.#ended) return;
    const frame = new TextEncoder().encode(JSON.stringify(message) + "\n");
    if (frame.length > RPC_FRAME_BYTES_MAX) {
      throw new RangeError(`Cannot send a frame of ${frame.length} bytes`);
    }
    this.#unsentBytes += frame.length;
    this.#writing = this.#writing
      .then(() => this.#stream.write(frame))
      // Who can't be written to is gone: what waits for an answer learns it here.
      .catch(() => {
        this.#end();
        this.#stream.close();
      })
      .finally(() => this.#unsentBytes -= frame.length);
  }

  /** Closes the stream once what was sent is out, or the other side doesn't take it. */
  async #hangUp(): Promise<void> {
    let timer;
    const patience = new Promise((resolve) => timer = setTimeout(resolve, FLUSH_MS));
    await Promise.race([this.#writing, patience]);
    clearTimeout(timer);
    this.#stream.close();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    for (const abort of this.#serving.values()) abort.abort(closedError());
    for (const pending of [...this.#pending.values()]) pending.reject(closedError());
  }
}

function parse(line: Uint8Array, decoder: TextDecoder): unknown {
  try {
    return JSON.parse(decoder.decode(line));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw new Error(messageOf(error), { cause: error });
  }
}

/** Every answer repeats it. */
const ID_LENGTH_MAX = 1_000;

function isId(value: unknown): value is Id {
  return typeof value === "string" && value.length <= ID_LENGTH_MAX || typeof value === "number" ||
    value === null;
}

function closedError(): RpcClosed {
  return new RpcClosed("Cannot reach the other side: the connection has ended");
}
