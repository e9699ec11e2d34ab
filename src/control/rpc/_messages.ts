import { messageOf, RPC_FRAME_BYTES_MAX } from "../../base/mod.ts";
import { type ErrorObject, errorObject, RPC_ERROR, RpcError } from "./rpc_error.ts";

export type Id = string | number | null;

/** The meaning of a frame, or of one entry of a batch. */
export type Message =
  | { kind: "request"; id: Id; method: string; params: unknown }
  | { kind: "notification"; method: string; params: unknown }
  | { kind: "answer"; id: unknown; answer: { result?: unknown; error?: unknown } }
  | { kind: "invalid"; id: Id; error: ErrorObject };

/** A frame as JSON; undefined when it is no JSON. */
export function parseFrame(line: Uint8Array, decoder: TextDecoder): unknown {
  try {
    return JSON.parse(decoder.decode(line));
  } catch (error) {
    if (error instanceof SyntaxError || error instanceof TypeError) return undefined;
    throw new Error(messageOf(error), { cause: error });
  }
}

export function readMessage(value: unknown): Message {
  if (value === undefined) return invalid(null, "Cannot parse the frame as JSON", RPC_ERROR.parse);
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return invalid(null, "Cannot take a message that is not an object");
  }
  const { jsonrpc, id, method, params } = value as Readonly<Record<string, unknown>>;
  const known = isId(id) ? id : null;
  if (jsonrpc !== "2.0") return invalid(known, `Cannot take a message without "jsonrpc": "2.0"`);
  if (method === undefined && ("result" in value || "error" in value)) {
    return { kind: "answer", id, answer: value };
  }
  if (typeof method !== "string") return invalid(known, "Cannot take a message without a method");
  // Many clients send null for "no parameters".
  if (params !== undefined && typeof params !== "object") {
    return invalid(known, "Cannot take parameters that are neither an object nor a list");
  }
  if (id === undefined) return { kind: "notification", method, params };
  if (!isId(id)) return invalid(null, "Cannot take an id that is neither a text nor a number");
  return { kind: "request", id, method, params };
}

/**
 * The text of an answer that fits into a frame; an answer too long becomes an error. @throws TypeError for a result
 * that JSON can't express
 */
export function answerText(id: Id, outcome: { result: unknown } | { error: ErrorObject }): string {
  const text = JSON.stringify({ jsonrpc: "2.0", id, ...outcome });
  return isSendable(text) ? text : failureText(id, tooLong());
}

/** The text of an error answer that fits into a frame. */
export function failureText(id: Id, failure: unknown): string {
  const fitting = [
    { id, error: errorObject(failure) },
    // What made the answer too long came from the other side: it was repeated in the message, or is the id itself.
    { id, error: errorObject(tooLong()) },
    { id: null, error: errorObject(tooLong()) },
  ].map((answer) => JSON.stringify({ jsonrpc: "2.0", ...answer }));
  return fitting.find(isSendable)!;
}

/** Whether a text and its newline fit into a frame. */
export function isSendable(text: string): boolean {
  // A character takes at most three bytes, so most texts need not be counted.
  return 3 * text.length < RPC_FRAME_BYTES_MAX ||
    new TextEncoder().encode(text).length < RPC_FRAME_BYTES_MAX;
}

export function tooLong(): RpcError {
  return new RpcError(
    RPC_ERROR.internal,
    `Cannot send an answer of more than ${RPC_FRAME_BYTES_MAX} bytes`,
  );
}

export function isId(value: unknown): value is Id {
  return typeof value === "string" || typeof value === "number" || value === null;
}

function invalid(id: Id, message: string, code: number = RPC_ERROR.invalidRequest): Message {
  return { kind: "invalid", id, error: { code, message } };
}
