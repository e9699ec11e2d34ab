import type { Logger } from "../base/mod.ts";
import { RpcPeer, type Service, UnixListener } from "./rpc/mod.ts";

/** While this many bytes wait for a client that does not read its answers, nothing more is read from it. */
const UNSENT_BYTES_MAX = 1024 * 1024;

/** Answers on the control socket: what `musicfs status` and the other commands talk to. */
export class ControlServer {
  readonly #peers = new Set<RpcPeer<Record<never, never>>>();
  readonly #listener: UnixListener;

  /** @throws UserError when the path can't be listened at: see UnixListener. */
  constructor(path: string, methods: Service["methods"], logger: Logger) {
    const service = { methods };
    const onFault = (error: unknown, method: string) => {
      logger.error(`${method}: ${error instanceof Error ? error.stack : error}`);
    };
    this.#listener = new UnixListener(path, (stream) => {
      const peer = new RpcPeer<Record<never, never>>(stream, {
        service,
        onFault,
        unsentBytesMax: UNSENT_BYTES_MAX,
      });
      this.#peers.add(peer);
      peer.closed.then(() => this.#peers.delete(peer));
    }, logger);
  }

  /** Sends the answers that exist; requests that are still being served are aborted. */
  async close(): Promise<void> {
    await Promise.all([...this.#peers].map((peer) => peer.close()));
    await this.#listener.close();
  }
}
