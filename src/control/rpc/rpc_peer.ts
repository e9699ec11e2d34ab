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

/** Notification that the caller no longer wants an answer. Names with `rpc.` are the protocol's own. */
const CANCEL = "rpc.cancel";

/** How long a side that hangs up waits, in ms, until the other has taken what is still to be sent. */
const FLUSH_MS = 1_000;

/** The methods of one side: parameters and result by name, as in protocol.ts. */
export type MethodMap<Map> = { [Name in keyof Map]: { params: unknown; result: unknown } };

/** Serves one method. It checks the parameters itself: see checkedParams. */
export type Serve = (params: unknown, context: CallContext) => unknown;

/** What one side serves to the other. */
export interface Service {
  /** Finds a method by name. May load the methods first. */
  readonly methods: { get(name: string): Serve | undefined | Promise<Serve | undefined> };
  readonly notified: ReadonlyMap<string, (params: unknown) => void>;
}

export interface CallContext {
  /** Aborted when the caller gave up or is gone. Never aborted for a notification, since nobody awaits its result. */
  readonly signal: AbortSignal;
}

export interface RequestOptions {
  /** In ms; RPC_DEADLINE_MS when absent, Infinity for no deadline. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal;
}

export interface PeerOptions {
  readonly service?: Partial<Service>;
  /** Called with an error of this program while it served a request. The caller is told the message as well. */
  readonly onFault?: (error: unknown, method: string) => void;
  /**
   * Above this many unsent bytes nothing more is read: for a side that can't trust the other to read its answers.
   * Infinity when absent, since two sides that both stop reading would wait for ever.
   */
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
 * One side of a JSON-RPC 2.0 connection, one frame a line. Both sides may send requests and notifications. `Remote`
 * are the methods of the other side, `Said` the notifications that this side may send.
 */
export class RpcPeer<Remote extends MethodMap<Remote>, Said = Record<never, never>> {
  /** Resolves when the connection has ended, whoever ended it. Never rejects. */
  readonly closed: Promise<void>;
  readonly #stream: ByteStream;
  readonly #service: Partial<Service>;
  readonly #onFault: (error: unknown, method: string) => void;
  readonly #unsentBytesMax: number;
  readonly #pending = new Map<number, Pending>();
  /** Requests that are being served. Not a map by id: the other side may use an id twice. */
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
   * Calls a method of the other side.
   *
   * @throws UserError when the answer is one, or does not come before the deadline.
   * @throws RpcError when the answer is another error.
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

  /** Sends a notification. Whether the other side handles it is not known. */
  notify<Name extends keyof Said & string>(method: Name, params: Said[Name]): void {
    this.#notify(method, params);
  }

  /** Ends the connection once everything sent has gone out. Open requests reject with RpcClosed. */
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
      // Any other failure means that the connection broke, which ends it like a proper end.
    }
    this.#end();
    await this.#hangUp();
  }

  #take(frame: unknown): void {
    if (Array.isArray(frame)) return void this.#takeBatch(frame);
    this.#takeMessage(frame)?.then((answer) => this.#sendText(answer));
  }

  /** Serves a batch: sends its answers together once all are known, and nothing when none is due. */
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

  /** Serves one message; resolves with the text of the answer, undefined when none is due. */
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

  /**
   * Serves a notification. When it names a method, the method runs as for a request, without an answer; it runs on
   * even when the sender is gone.
   */
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
    // An answer without a pending request came after its deadline.
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
      // The other side is gone when nothing can be written to it: pending requests reject here.
      .catch(() => {
        this.#end();
        this.#stream.close();
      })
      .finally(() => this.#unsentBytes -= frame.length);
  }

  /** Closes the stream once everything sent is out, or the other side has not taken it in time. */
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
