import { FileSystemError, messageOf } from "../base/mod.ts";
import { closeFile } from "../posix/mod.ts";
import { isDrift, openLocation, readHandle } from "./file_reader.ts";
import { type Handle, UNOPENED } from "./handle_table.ts";
import { RecentNodes } from "./recent_nodes.ts";

/** Of so many files it is known that the kernel may hold pages; of others it drops them at open. */
const READ_NODES_MAX = 8192;

/** Files of local origins that somebody has open, each opened when it is needed first. */
export class LocalFiles {
  readonly #onDrift: (open: Handle) => void;
  readonly #followsLinks: (origin: string) => boolean;
  readonly #readNodes = new RecentNodes(READ_NODES_MAX);

  /**
   * `onDrift`: what lies at the location that a handle has open is not what the tree says. `followsLinks`: whether
   * links of an origin may lead out of it.
   */
  constructor(
    onDrift: (open: Handle) => void,
    followsLinks: (origin: string) => boolean,
  ) {
    this.#onDrift = onDrift;
    this.#followsLinks = followsLinks;
  }

  /** Whether the kernel may hold pages of the node. */
  wasRead(node: number): boolean {
    return this.#readNodes.has(node);
  }

  /** The origin's file, compared with the tree. Throws FileSystemError, and remembers it for the handle. */
  descriptor(open: Handle): number {
    if (open.failure) throw open.failure;
    if (open.fd !== UNOPENED) return open.fd;
    try {
      open.fd = openLocation(open.location, this.#followsLinks(open.location.origin));
      return open.fd;
    } catch (error) {
      const failure = asFileSystemError(error);
      // Another version stays another version; a disk that was away, or too many open files, may pass.
      if (isDrift(failure)) {
        open.failure = failure;
        this.#onDrift(open);
      }
      throw failure;
    }
  }

  /** Fills `into` from `offset`. Throws FileSystemError. */
  read(open: Handle, offset: number, into: Uint8Array<ArrayBuffer>): number {
    if (open.fd === UNOPENED) this.#firstRead(open);
    try {
      return readHandle(open, offset, into);
    } catch (error) {
      if (isDrift(error)) this.#onDrift(open);
      throw error;
    }
  }

  close(open: Handle): void {
    if (open.fd >= 0) closeFile(open.fd);
    open.fd = UNOPENED;
  }

  #firstRead(open: Handle): void {
    try {
      this.descriptor(open);
      this.#readNodes.add(open.node);
    } catch (error) {
      throw readFailure(error);
    }
  }
}

function asFileSystemError(error: unknown): FileSystemError {
  if (error instanceof FileSystemError) return error;
  return new FileSystemError("EIO", messageOf(error), { cause: error });
}

/** A file that vanished after it was opened is no missing name any more: what was opened is gone. */
function readFailure(error: unknown): unknown {
  if (!(error instanceof FileSystemError) || error.errno !== "ENOENT") return error;
  return new FileSystemError("ESTALE", error.message, { cause: error });
}
