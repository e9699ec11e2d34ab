import {
  EXIT,
  type ExitCode,
  type Fields,
  type Flat,
  type Shape,
  shape,
  type ShapeOf,
  type ValuesOf,
} from "../../base/mod.ts";
import { RPC_ERROR, RpcError, shownName } from "./rpc_error.ts";

/**
 * Who serves a method, and who calls it:
 *
 * - `mount`: called on the control socket, served by the mount.
 * - `through`: called on the control socket; the mount hands it on to the engine, which serves it.
 * - `engine`: called by the mount alone, on the engine's standard streams.
 */
export type Served = "mount" | "through" | "engine";

/** A failure that a caller may meet, with the message and exit code of its UserError. */
export interface Failure {
  readonly message: string;
  readonly exitCode: ExitCode;
}

/** One method: everything about it but what it does. */
export interface Method {
  readonly name: string;
  /** What the method does, in a sentence. */
  readonly summary: string;
  readonly served: Served;
  /** Parameters by name; those that may be missing are `shape.optional`. Unknown ones are refused. */
  readonly params: Fields;
  readonly result: Shape<unknown>;
  readonly failures?: readonly Failure[];
}

export type ParamsOf<M extends Method> = keyof M["params"] extends never ? Record<string, never>
  : Flat<ValuesOf<M["params"]>>;

export type ResultOf<M extends Method> = ShapeOf<M["result"]>;

/** Parameters and result of each method, by the method's name. */
export type MethodMapOf<M extends Method> = {
  [Each in M as Each["name"]]: { params: ParamsOf<Each>; result: ResultOf<Each> };
};

/** Returns its argument, with the types of what is in it. */
export function method<const M extends Method>(described: M): M {
  return described;
}

export const NO_SUCH_ORIGIN: Failure = {
  message: "Cannot find an origin 'ID'",
  exitCode: EXIT.notFound,
};

/** The parameters, checked against the method. @throws RpcError (invalid params) that says what is wrong. */
export function checkedParams<M extends Method>(method: M, params: unknown): ParamsOf<M> {
  const given = params ?? {};
  if (!shape.isObject(given)) {
    throw invalid(method, "its parameters are not an object, in which they go by name");
  }
  for (const [name, expected] of Object.entries(method.params)) {
    const isGiven = Object.hasOwn(given, name);
    const problem = expected.problem(isGiven ? given[name] : undefined);
    if (problem === null) continue;
    const what = isGiven ? problem : ` is missing: it is ${expected.expected}`;
    throw invalid(method, `parameter '${name}'${what}`);
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(method.params, name));
  if (unknown !== undefined) {
    throw invalid(method, `it has no parameter '${shownName(unknown)}'`);
  }
  return given as ParamsOf<M>;
}

function invalid({ name }: Method, why: string): RpcError {
  return new RpcError(RPC_ERROR.invalidParams, `Cannot serve '${name}': ${why}`);
}
