import type { MethodMapOf } from "../rpc/method.ts";
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
