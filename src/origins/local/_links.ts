import { bytesFromString, stringFromBytes } from "../../base/mod.ts";
import { binaryString, FileStatus } from "../../posix/directory.ts";
import {
  type BeneathOptions,
  closeFile,
  ERRNO,
  keptNumbers,
  LEADS_OUT,
  O_DIRECTORY,
  O_PATH,
  openBelow,
  permittedMode,
  placeBelow,
  PosixError,
} from "../../posix/mod.ts";
import { baseNameOf, directoryOf } from "../walk_order.ts";
import { ABSENT, fileEntry, unlisted, unlistedDirectory } from "./_entries.ts";
import type { LinkTarget } from "./link_target.ts";

/** Looks at what the symbolic links of an origin lead to. The caller's thread waits as long as that takes. */
export class Links {
  readonly #root: string;
  readonly #rootBytes: Uint8Array<ArrayBuffer>;
  readonly #options: BeneathOptions;
  readonly #status = new FileStatus();

  constructor(root: string, options: BeneathOptions) {
    this.#root = root;
    this.#rootBytes = bytesFromString(root);
    this.#options = options;
  }

  /** What the link at a path leads to. Throws OriginUnreachable. */
  target(path: string): LinkTarget {
    const above = directoryOf(path);
    let directory: number;
    try {
      const flags = O_PATH | O_DIRECTORY;
      directory = openBelow(this.#rootBytes, bytesFromString(above), flags, this.#options);
    } catch (error) {
      const entry = unlistedDirectory(this.#root, path, error);
      return entry === undefined ? {} : { entry };
    }
    try {
      const name = baseNameOf(path);
      const real = this.realOf(directory, above);
      return this.targetIn(
        directory,
        binaryString(bytesFromString(name)),
        path,
        real === undefined ? undefined : joined(real, name),
      );
    } finally {
      closeFile(directory);
    }
  }

  /**
   * What the link `name` (a binary string) in an open directory leads to. `real` is the real path of the link in the
   * root, when that differs from `path`.
   */
  targetIn(directory: number, name: string, path: string, real: string | undefined): LinkTarget {
    const status = this.#status;
    let fd: number;
    try {
      fd = openBelow(this.#rootBytes, bytesFromString(path), O_PATH, this.#options);
    } catch (error) {
      if (!(error instanceof PosixError)) throw error;
      if (error.errno === ERRNO.EXDEV) return this.#targetOutside(directory, name, path);
      return ABSENT.has(error.errno) ? {} : { entry: unlisted(path, error.errno) };
    }
    try {
      const target = this.realOf(fd, path) ?? real;
      const errno = status.ofDescriptor(fd);
      if (errno !== 0) return ABSENT.has(errno) ? {} : { entry: unlisted(path, errno) };
      if (status.isDirectory) {
        return { isDirectory: true, ...target !== undefined && { real: target } };
      }
      if (!status.isFile) return {};
      const entry = fileEntry(path, status, keptNumbers(directory), target);
      entry.mode = permittedMode(entry.mode, fd);
      return { entry };
    } finally {
      closeFile(fd);
    }
  }

  /** The real path of something that was opened by a path, when that is elsewhere in the root. */
  realOf(fd: number, path: string): string | undefined {
    const bytes = path === "" ? undefined : placeBelow(this.#rootBytes, fd);
    if (bytes === undefined) return undefined;
    const real = stringFromBytes(bytes);
    return real === path ? undefined : real === "." ? "" : real;
  }

  /**
   * The same for a link that leads out of the origin. A file is listed with the version of the link itself, and can't be
   * read. A directory is reported as unlisted, and so is a target that can't be looked at. Anything else is left out.
   */
  #targetOutside(directory: number, name: string, path: string): LinkTarget {
    const status = this.#status;
    const errno = status.ofEntry(directory, name, true);
    if (ABSENT.has(errno)) return {};
    if (errno !== 0 || status.isDirectory) {
      return { entry: { kind: "unlisted", path, reason: LEADS_OUT } };
    }
    if (!status.isFile || status.ofEntry(directory, name, false) !== 0) return {};
    const { size, mtime_s, mtime_ns } = status;
    return { entry: { kind: "file", path, size, mtime_s, mtime_ns } };
  }
}

export function joined(directory: string, name: string): string {
  return directory === "" ? name : `${directory}/${name}`;
}
