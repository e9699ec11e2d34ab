import type { FileOwnership, FileVersion } from "../../../events/facts/files.ts";
import { type OriginEntry, OriginNotFound, OriginUnreachable } from "../origin.ts";
import type { ListedFile } from "./_listing.ts";
import { isOfUnknownKind, isRegularFile, type SftpAttributes } from "./_packets.ts";
import { compareWalkOrder } from "../walk_order.ts";

/** Entries in one batch; a directory with more makes several. */
const BATCH_ENTRIES = 1024;

/**
 * The version of a file as the server describes it. Throws OriginNotFound for anything but a file, OriginUnreachable
 * when the description lacks parts.
 */
export function versionOf(path: string, attributes: SftpAttributes): FileVersion & FileOwnership {
  if (!isRegularFile(attributes) && !isOfUnknownKind(attributes)) {
    throw new OriginNotFound(`Cannot read ${path}: it is not a file`);
  }
  const version = knownVersion(attributes);
  if (version !== undefined) return version;
  throw new OriginUnreachable(`Cannot read ${path}: the server does not say its size and time`);
}

/** The mode of files whose server tells no permissions: whoever may ask the server may read them. */
const UNTOLD_MODE = 0o444;

/**
 * The version of a file, with the permissions that hold here. Account numbers of another machine mean nothing on this
 * one, so nobody here is a member of the file's group: a group may do no more than all others.
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

/** The entries of one directory that come after the path `after`, in batches. */
export function* batchesOf(
  files: readonly ListedFile[],
  directory: string,
  after: string | undefined,
): Generator<OriginEntry[]> {
  let batch: OriginEntry[] = [];
  for (const file of files) {
    const path = below(directory, file.name);
    const isBehind = after === undefined || compareWalkOrder(path, after) > 0;
    // An entry without a name stands for the directory itself, which may hold files that come later.
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

/** The path of a name in a directory of the origin; the directory itself when the name is empty. */
export function below(directory: string, name: string): string {
  return directory === "" || name === "" ? directory || name : `${directory}/${name}`;
}
