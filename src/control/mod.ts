/**
 * How processes talk to one another: JSON-RPC 2.0, one frame a line of UTF-8.
 *
 * There are two links. The mount answers commands on the **control socket**, a Unix socket of mode 0600 that
 * also asks the kernel who is at the other end. And the mount talks to its engine over the engine's
 * **standard streams**, where both sides ask and tell. `methods/` describes what can be asked on either, one file a
 * method; `rpc/` is the protocol itself; `protocol.ts` is what others need of both at compile time.
 *
 * What arrives is taken as hostile until checked: a frame has a greatest length, a frame that is no JSON or no
 * JSON-RPC is answered with the error code of the specification, parameters are checked against the description of the
 * method before a handler sees them. A failure meant for the user travels with its hint and exit code, and is the same
 * `UserError` at the other side. A caller that gives up says so, and the handler's signal is aborted.
 *
 * The mount serves from here, so nothing here loads a package. `Deno.listen` keeps its descriptor to itself and
 * the kernel is only asked about a peer by descriptor, so the server's sockets are made in `src/posix`.
 *
 * @module
 */
export {
  holderText,
  type LibraryDirectories,
  type LibraryHolder,
  libraryHolder,
  LibraryInUse,
  LibraryLock,
} from "./directory_lock.ts";
export { connectControl, type ControlClient, findControl } from "./client.ts";
export {
  canWorkTogether,
  MOUNT_PROGRAM_VARIABLE,
  parseProgram,
  type Program,
  programText,
  thisProgram,
} from "./program.ts";
export type * from "./protocol.ts";
export {
  type ByteStream,
  type CallContext,
  type MethodMap,
  type OpenRpcDocument,
  type PeerOptions,
  type RequestOptions,
  RPC_ERROR,
  RpcClosed,
  RpcError,
  RpcPeer,
  type Serve,
  type Service,
  webByteStream,
} from "./rpc/mod.ts";
export { ControlServer } from "./server.ts";
export { unknownOrigin } from "./unknown_origin.ts";
