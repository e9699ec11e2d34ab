import type { FileOwnership, FileVersion } from "../../events/facts/files.ts";
import { type OriginEntry, OriginNotFound, OriginUnreachable } from "./origin.ts";
import type { ListedFile } from "./_sftp_listing.ts";
import { isOfUnknownKind, isRegularFile, type SftpAttributes } from "./_sftp_packets.ts";
import { compareWalkOrder } from "./walk_order.ts";

/** Entries in one batch: a directory of any width is handed over in parts of this many. */
const BATCH_ENTRIES = 1024;

/** Throws OriginNotFound for what is no file, OriginUnreachable for what the server doesn't describe. */
export function versionOf(path: string, attributes: SftpAttributes): FileVersion & FileOwnership {
  if (!isRegularFile(attributes) && !isOfUnknownKind(attributes)) {
    throw new OriginNotFound(`Cannot read ${path}: it is not a file`);
  }
  const version = knownVersion(attributes);
  if (version !== undefined) return version;
  throw new OriginUnreachable(`Cannot read ${path}: the server does not say its size and time`);
}

/** Of a file on a server that tells no permissions: whoever may ask the server may read it. */
const UNTOLD_MODE = 0o444;

/**
 * Numbers of accounts on another machine mean nothing on this one; permissions do. Nobody here is of a group there, so
 * a group may do no more than all others.
 */
function knownVersion(
  { size, mtime_s, mode }: SftpAttributes,
): FileVersion & FileOwnership | undefined {
  if (size === undefined || mtime_s === undefined) return undefined;
  return { size, mtime_s, mtime_ns: 0, mode: mode === undefined ? UNTOLD_MODE : ungrouped(mode) };
}

function ungrouped(mode: number): number {
  return mode & 0o7707 | mode & (mode & 0o007) << 3;
}

/** Entries of one directory, from behind `after`. */
export function* batchesOf(
  files: readonly ListedFile[],
  directory: string,
  after: string | undefined,
): Generator<OriginEntry[]> {
  let batch: OriginEntry[] = [];
  for (const file of files) {
    const path = below(directory, file.name);
    const isBehind = after === undefined || compareWalkOrder(path, after) > 0;
    // What is no entry but the directory itself may hold what stands behind.
    if (!isBehind && file.name !== "") continue;
    batch.push(entryOf(file, path));
    if (batch.length === BATCH_ENTRIES) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}

function entryOf(file: ListedFile, path: string): OriginEntry {
  if (file.kind === "unlisted") return { kind: "unlisted", path, reason: file.reason };
  const version = knownVersion(file.attributes);
  if (version !== undefined) return { kind: "file", path, ...version };
  return { kind: "unlisted", path, reason: "the server does not say its size and time" };
}

/** A name below a directory of the origin; the directory itself when the name is empty. */
export function below(directory: string, name: string): string {
  return directory === "" || name === "" ? directory || name : `${directory}/${name}`;
}
