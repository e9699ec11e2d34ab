/**
 * The methods of the control socket and of the link between mount and engine, one file a method: its name, its
 * parameters, its result, how it may fail and who answers it. From these come the checks of what arrives, the types on
 * both sides, and the document of `musicfs rpc describe`.
 *
 * A new method is a new file here, a line in `_all.ts`, and a function of that name where it is served: among the
 * methods of `src/engine`, or of `src/mount` when the mount answers by itself. The compiler asks for that function.
 *
 * Some thirty small modules take 10 ms to load: the mount loads them when it is asked something for the first time, and
 * the folder's neighbours take types from here and nothing else.
 *
 * @module
 */
export { controlDocument } from "./_document.ts";
export { methods } from "./_handlers.ts";
export { CONTROL_METHODS, METHODS } from "./_known.ts";
export type { AllMethods, ControlMethods, EngineMethods, MountMethods } from "./_known.ts";
export { scannedOrigins } from "./_scanned_origins.ts";
export type * from "./_all.ts";
export type { Handlers, HandlersOf } from "./_handlers.ts";
