import { checkedParams } from "../rpc/method.ts";
import type { CallContext, MethodMap, Serve } from "../rpc/rpc_peer.ts";
import { type AllMethods, METHODS } from "./_known.ts";

/** A function for each of these methods. */
export type HandlersOf<Map extends MethodMap<Map>> = {
  readonly [Name in keyof Map]: (
    params: Map[Name]["params"],
    context: CallContext,
  ) => Map[Name]["result"] | Promise<Map[Name]["result"]>;
};

/** Functions that serve some of the methods, by the method's name. */
export type Handlers = Partial<HandlersOf<AllMethods>>;

/** The handlers in the form that a peer serves: each checks its parameters first. */
export function methods(
  handlers: Handlers,
): Map<string, Serve> {
  const served = METHODS.filter(({ name }) => handlers[name] !== undefined);
  return new Map(served.map((method) => {
    const handle = handlers[method.name] as (params: unknown, context: CallContext) => unknown;
    return [
      method.name,
      (params: unknown, context: CallContext) => handle(checkedParams(method, params), context),
    ];
  }));
}
