/**
 * JSON-RPC 2.0, and nothing of what MusicFS says with it: `RpcPeer` is one side of a connection over any `ByteStream`,
 * `Method` describes one method, `openRpcDocument` tells others of all of them.
 *
 * One frame is a line of UTF-8: a request, a notification, an answer, or a batch of requests and notifications.
 *
 * @module
 */
export { type ByteStream, webByteStream } from "./byte_stream.ts";
export {
  checkedParams,
  type Failure,
  type Method,
  method,
  type MethodMapOf,
  NO_SUCH_ORIGIN,
  type ParamsOf,
  type ResultOf,
  type Served,
} from "./method.ts";
export { type OpenRpcDocument, openRpcDocument } from "./openrpc.ts";
export { RPC_ERROR, RpcClosed, RpcError } from "./rpc_error.ts";
export {
  type CallContext,
  type MethodMap,
  type PeerOptions,
  type RequestOptions,
  RpcPeer,
  type Service,
} from "./rpc_peer.ts";
export { assertSocketPath, UnixListener } from "./unix_socket.ts";
