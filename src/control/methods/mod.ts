/**
 * The methods of the control socket and of the link between mount and engine, one file a method: its name, its
 * parameters, its result, how it may fail and who answers it. From these come the checks of what arrives, the types on
 * both sides, and the document of `musicfs rpc describe`.
 *
 * A new method is a new file here, a line in `_all.ts`, and a function of that name where it is served: among the
 * methods of `src/engine`, or of `src/mount` when the mount answers by itself. The compiler asks for that function.
 *
 * @module
 */
import type { Method, MethodMapOf } from "../rpc/mod.ts";
import * as all from "./_all.ts";

type Known = (typeof all)[keyof typeof all];

/** Every method, in the order of its names. */
export const METHODS: readonly Known[] = Object.values(all);

/** What can be asked on the control socket. */
export const CONTROL_METHODS = METHODS.filter(({ served }) => served !== "engine");

export type AllMethods = MethodMapOf<Known>;
/** Asked on the control socket. */
export type ControlMethods = MethodMapOf<Extract<Known, { served: "mount" | "through" }>>;
/** Asked by the mount, answered by the engine. */
export type EngineMethods = MethodMapOf<Extract<Known, { served: "through" | "engine" }>>;
/** Answered by the mount itself. */
export type MountMethods = MethodMapOf<Extract<Known, { served: "mount" }>>;

export function methodNamed(name: string): Method | undefined {
  return METHODS.find((method) => method.name === name);
}

export { scannedOrigins } from "./_scanned_origins.ts";
export type * from "./_all.ts";
