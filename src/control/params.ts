/**
 * What the parameters of each method must look like. By hand, since the mount serves these and loads no
 * package; a check gives back what it was given, as its type.
 *
 * @module
 */
import { type ControlMethods, type EngineMethods, RPC_ERROR } from "./protocol.ts";
import type { CallContext, Service } from "./rpc_peer.ts";
import { RpcError } from "./rpc_error.ts";

type AllMethods = ControlMethods & EngineMethods;
type Name = keyof AllMethods;
type Fields = Record<string, (value: unknown) => boolean>;

/** What serves methods of protocol.ts: any of them, by name. */
export type Handlers = {
  readonly [Method in Name]?: (
    params: AllMethods[Method]["params"],
    context: CallContext,
  ) => AllMethods[Method]["result"] | Promise<AllMethods[Method]["result"]>;
};

const text = (value: unknown) => typeof value === "string";
const flag = (value: unknown) => typeof value === "boolean";
const texts = (value: unknown) => Array.isArray(value) && value.every(text);

const count = (value: unknown) => Number.isSafeInteger(value) && (value as number) >= 0;
const counts = (value: unknown) => Array.isArray(value) && value.every(count);
const textOrNull = (value: unknown) => value === null || text(value);
const range = { file: count, version: count, from: count, to: count };

const PARAMS: {
  readonly [Method in Name]: { [Key in keyof AllMethods[Method]["params"]]: Fields[string] };
} = {
  "status": {},
  "unmount": { mountpoint: text, force: (value) => value === undefined || flag(value) },
  "release": {},
  "origin.rescan": { ids: texts, full: flag, wait: flag },
  "origin.confirm_removals": { id: text },
  "events.replay": {},
  "events.verify": {},
  "origin.check": {},
  "engine.observe": { origin: text, directories: texts },
  "engine.check": {},
  "cache.clear": { origin: textOrNull },
  "cache.verify": {},
  "cache.pin": { query: text },
  "cache.unpin": { query: text },
  "cache.warm": { query: text },
  "content.fetch": range,
  "content.ahead": range,
  "content.played": { track: count },
  "content.used": { files: counts },
  "content.corrupt": { hash: text, reason: text },
  "engine.stop": {},
};

/** The handlers as a peer serves them: with their parameters checked first. */
export function methods(handlers: Handlers): Service["methods"] {
  const entries = Object.entries(handlers) as [
    Name,
    (params: never, context: CallContext) => unknown,
  ][];
  return new Map(entries.map(([name, handle]) => [
    name,
    (params: unknown, context: CallContext) => handle(checked(name, params) as never, context),
  ]));
}

function checked(method: Name, params: unknown): unknown {
  const given = params ?? {};
  if (typeof given !== "object" || Array.isArray(given)) {
    throw invalid(method, "its parameters are not an object");
  }
  const fields = PARAMS[method] as Fields;
  for (const [name, check] of Object.entries(fields)) {
    const value = Object.hasOwn(given, name) ? (given as Record<string, unknown>)[name] : undefined;
    if (!check(value)) throw invalid(method, `'${name}' is not what it should be`);
  }
  const unknown = Object.keys(given).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) throw invalid(method, `it has no parameter '${unknown}'`);
  return given;
}

function invalid(method: string, why: string): RpcError {
  return new RpcError(RPC_ERROR.invalidParams, `Cannot serve '${method}': ${why}`);
}
