import type { FileSystemError } from "../base/mod.ts";

/** A read whose bytes are not at hand yet. It holds no memory meanwhile: the caller passes the memory again. */
export interface PendingRead {
  /** Resolves when another attempt is worth while; rejects with FileSystemError. */
  ready(): Promise<void>;
  /**
   * Fills `into` as `read` does. Returns the number of bytes, or undefined when `ready` must be awaited once more.
   * Throws FileSystemError.
   */
  fill(into: Uint8Array<ArrayBuffer>): number | undefined;
  /** To be called when nobody waits for the bytes any more: `ready` rejects with the error. */
  cancel(error: FileSystemError): void;
}
