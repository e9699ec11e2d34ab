import { RPC_BATCH_MAX, RPC_DEADLINE_MS, RPC_FRAME_BYTES_MAX, UserError } from "../../base/mod.ts";
import {
  answerText,
  failureText,
  type Id,
  isSendable,
  parseFrame,
  readMessage,
  tooLong,
} from "./_messages.ts";
import type { ByteStream } from "./byte_stream.ts";
import { FrameTooLong, LineReader } from "./line_reader.ts";
import { errorFrom, RPC_ERROR, RpcClosed, RpcError, shownName } from "./rpc_error.ts";

/** Tells the other side that nobody waits for the answer any more; names with `rpc.` are the protocol's own. */
const CANCEL = "rpc.cancel";

/** How long a side that hangs up waits for the other to take what was still to be sent, in ms. */
const FLUSH_MS = 1_000;

/** A map of methods, as in protocol.ts. */
export type MethodMap<Map> = { [Name in keyof Map]: { params: unknown; result: unknown } };

/** Serves one method; parameters are checked by it: see checkedParams. */
export type Serve = (params: unknown, context: CallContext) => unknown;

/** What is served to the other side. */
export interface Service {
  /** A map, or what is as good as one, also one that has to be loaded first. */
  readonly methods: { get(name: string): Serve | undefined | Promise<Serve | undefined> };
  readonly notified: ReadonlyMap<string, (params: unknown) => void>;
}

export interface CallContext {
  /** Aborted when the caller gave up or is gone; never for a notification, for which nobody waits from the start. */
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

interface Serving {
  readonly id: Id;
  readonly abort: AbortController;
}

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
  /** Requests that are being served: the other side may use an id twice. */
  readonly #serving = new Set<Serving>();
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
      this.#sendText(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
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
        for (const line of lines.push(bytes)) this.#take(parseFrame(line, decoder));
        if (this.#unsentBytes > this.#unsentBytesMax) await this.#writing;
      }
    } catch (error) {
      if (error instanceof FrameTooLong) {
        this.#sendText(failureText(null, new RpcError(RPC_ERROR.invalidRequest, error.message)));
      }
      // Any other failure is that of a connection that broke: an end like every other.
    }
    this.#end();
    await this.#hangUp();
  }

  #take(frame: unknown): void {
    if (Array.isArray(frame)) return void this.#takeBatch(frame);
    this.#takeMessage(frame)?.then((answer) => this.#sendText(answer));
  }

  /** Answers come together, once all are known; where nothing is to be answered, nothing is. */
  async #takeBatch(entries: readonly unknown[]): Promise<void> {
    if (entries.length === 0 || entries.length > RPC_BATCH_MAX) {
      const message = `Cannot take a batch of ${entries.length} messages: 1 to ${RPC_BATCH_MAX}`;
      return this.#sendText(failureText(null, new RpcError(RPC_ERROR.invalidRequest, message)));
    }
    const answers = await Promise.all(
      entries.map((entry) => this.#takeMessage(entry)).filter((answer) => answer !== undefined),
    );
    if (answers.length === 0) return;
    const text = `[${answers.join(",")}]`;
    this.#sendText(isSendable(text) ? text : failureText(null, tooLong()));
  }

  /** Takes what is no batch; resolves with the text of the answer, undefined when there is to be none. */
  #takeMessage(value: unknown): Promise<string> | undefined {
    const message = readMessage(value);
    switch (message.kind) {
      case "request":
        return this.#serve(message.id, message.method, message.params);
      case "notification":
        return void this.#takeNotification(message.method, message.params);
      case "answer":
        return void this.#takeAnswer(message.id, message.answer);
      case "invalid":
        return Promise.resolve(answerText(message.id, { error: message.error }));
    }
  }

  async #serve(id: Id, method: string, params: unknown): Promise<string> {
    const abort = new AbortController();
    const serving = { id, abort };
    this.#serving.add(serving);
    try {
      const serve = await this.#service.methods?.get(method);
      if (serve === undefined) {
        throw new RpcError(
          RPC_ERROR.methodNotFound,
          `Cannot find a method '${shownName(method)}'`,
        );
      }
      return answerText(id, { result: await serve(params, { signal: abort.signal }) ?? null });
    } catch (error) {
      const expected = error instanceof UserError || error instanceof RpcError;
      if (!expected && !abort.signal.aborted) this.#onFault(error, method);
      return failureText(id, error);
    } finally {
      this.#serving.delete(serving);
    }
  }

  /** A notification that names a method runs it as a request does; its sender gets no answer, and its going does not stop the work. */
  async #takeNotification(method: string, params: unknown): Promise<void> {
    if (method === CANCEL) return this.#cancel((params as { id?: unknown } | null | undefined)?.id);
    try {
      const told = this.#service.notified?.get(method);
      if (told !== undefined) return told(params);
      const serve = await this.#service.methods?.get(method);
      await serve?.(params, { signal: new AbortController().signal });
    } catch (error) {
      const expected = error instanceof UserError || error instanceof RpcError;
      if (!expected) this.#onFault(error, method);
    }
  }

  #cancel(id: unknown): void {
    for (const serving of this.#serving) if (serving.id === id) serving.abort.abort(closedError());
  }

  #takeAnswer(id: unknown, answer: { result?: unknown; error?: unknown }): void {
    // An answer nobody waits for any more came after its deadline.
    const pending = typeof id === "number" ? this.#pending.get(id) : undefined;
    if ("error" in answer) pending?.reject(errorFrom(answer.error));
    else pending?.resolve(answer.result);
  }

  #notify(method: string, params: unknown): void {
    this.#sendText(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  #sendText(text: string): void {
    if (this.#ended) return;
    const frame = new TextEncoder().encode(`${text}\n`);
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
    for (const { abort } of this.#serving) abort.abort(closedError());
    for (const pending of [...this.#pending.values()]) pending.reject(closedError());
  }
}

function closedError(): RpcClosed {
  return new RpcClosed("Cannot reach the other side: the connection has ended");
}
