import { EXIT, type ExitCode, messageOf, type TextPlace, UserError } from "../../base/mod.ts";

/** Error codes of JSON-RPC: the standard ones, then our own. */
export const RPC_ERROR = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /**
   * A failure meant for the user: `data` holds `hint` and `exit_code`. When something is wrong in a text that the user
   * wrote, it also holds that `text`, how many characters stand before the place (`at`), and what was `expected` there.
   */
  user: -32000,
} as const;

/** At most so many characters of a name from outside are repeated in an error. */
const NAME_SHOWN_MAX = 80;

/** The `error` member of a JSON-RPC response. */
export interface ErrorObject {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** The other side answered with an error that is not meant for the user. */
export class RpcError extends Error {
  override readonly name = "RpcError";
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** The connection ended before the answer came. */
export class RpcClosed extends Error {
  override readonly name = "RpcClosed";
}

/** The `error` member for anything that a handler has thrown. */
export function errorObject(error: unknown): ErrorObject {
  if (error instanceof UserError) {
    const data = { hint: error.hint ?? null, exit_code: error.exitCode, ...error.place };
    return { code: RPC_ERROR.user, message: error.message, data };
  }
  const code = error instanceof RpcError ? error.code : RPC_ERROR.internal;
  return { code, message: messageOf(error) };
}

/** The error that an `error` member stands for; a malformed member becomes an error of the protocol. */
export function errorFrom(value: unknown): Error {
  const { code, message, data } = (value ?? {}) as { [Name in keyof ErrorObject]?: unknown };
  if (typeof code !== "number" || typeof message !== "string") {
    return new RpcError(RPC_ERROR.invalidRequest, "Cannot understand the error that was answered");
  }
  if (code !== RPC_ERROR.user) return new RpcError(code, message);
  const { hint, exit_code, ...rest } = (data ?? {}) as Record<string, unknown>;
  const place = placeFrom(rest);
  return new UserError(message, {
    ...(typeof hint === "string" && { hint }),
    ...(place !== undefined && { place }),
    exitCode: isExitCode(exit_code) ? exit_code : EXIT.failed,
  });
}

/** A name from outside, cut for an error message. */
export function shownName(name: string): string {
  return name.length <= NAME_SHOWN_MAX ? name : `${name.slice(0, NAME_SHOWN_MAX)}…`;
}

function placeFrom({ text, at, expected }: Record<string, unknown>): TextPlace | undefined {
  if (typeof text !== "string" || typeof at !== "number" || typeof expected !== "string") {
    return undefined;
  }
  return { text, at, expected };
}

function isExitCode(value: unknown): value is ExitCode {
  return (Object.values(EXIT) as unknown[]).includes(value);
}
