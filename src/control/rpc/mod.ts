/**
 * JSON-RPC 2.0, without anything of MusicFS: `RpcPeer` is one side of a connection over any `ByteStream`, `Method`
 * describes one method, `openRpcDocument` describes all of them for other programs.
 *
 * `methods/` imports `method.ts` and `openrpc.ts` directly, so that a program that only calls methods loads neither.
 *
 * One frame is a line of UTF-8: a request, a notification, an answer, or a batch of requests and notifications.
 *
 * @module
 */
export { type ByteStream, webByteStream } from "./byte_stream.ts";
export type { Failure, Method, MethodMapOf, ParamsOf, ResultOf, Served } from "./method.ts";
export type { OpenRpcDocument } from "./openrpc.ts";
export { RPC_ERROR, RpcClosed, RpcError } from "./rpc_error.ts";
export {
  type CallContext,
  type MethodMap,
  type PeerOptions,
  type RequestOptions,
  RpcPeer,
  type Serve,
  type Service,
} from "./rpc_peer.ts";
export { assertSocketPath, UnixListener } from "./unix_socket.ts";
