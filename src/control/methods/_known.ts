import type { MethodMapOf } from "../rpc/method.ts";
import * as all from "./_all.ts";

type Known = (typeof all)[keyof typeof all];

/** Every method, sorted by name. */
export const METHODS: readonly Known[] = Object.values(all);

/** The methods that can be called on the control socket. */
export const CONTROL_METHODS = METHODS.filter(({ served }) => served !== "engine");

export type AllMethods = MethodMapOf<Known>;
/** Methods that are called on the control socket. */
export type ControlMethods = MethodMapOf<Extract<Known, { served: "mount" | "through" }>>;
/** Methods that the mount calls and the engine serves. */
export type EngineMethods = MethodMapOf<Extract<Known, { served: "through" | "engine" }>>;
/** Methods that the mount serves itself. */
export type MountMethods = MethodMapOf<Extract<Known, { served: "mount" }>>;
