import type { FileSystemError } from "../base/mod.ts";

/** A read whose bytes are not at hand yet. Nothing is held for them meanwhile: who asked brings the memory again. */
export interface PendingRead {
  /** Resolves when it is worth while to look again; rejects with FileSystemError. */
  ready(): Promise<void>;
  /** Fills `into` as `read` does; undefined when it must wait for `ready` once more. Throws FileSystemError. */
  fill(into: Uint8Array<ArrayBuffer>): number | undefined;
  /** Nobody waits any more, or has reason to: `ready` rejects with the error. */
  cancel(error: FileSystemError): void;
}
