import { bytesFromString, stringFromBytes } from "../base/mod.ts";
import {
  isDirectory,
  isOfUnknownKind,
  isRegularFile,
  type SftpAttributes,
  STATUS,
} from "./_sftp_packets.ts";
import type { SftpSession } from "./_sftp_session.ts";
import { SftpStatus } from "./_sftp_status.ts";
import { OriginUnreachable } from "./origin.ts";
import { compareBytes } from "./walk_order.ts";

/** Questions for the next entries that are under way in one directory: the first time, and once it proved wide. */
const READDIRS = 2;
const READDIRS_WIDE = 8;
/** Links of one directory that are looked at, at once. */
const STATS = 64;
/** A directory of more entries is one that does not end; nobody keeps a million files in one. */
const ENTRIES_MAX = 1_000_000;
/** Longer than a name is in any file system; those of Windows have 255 characters of up to 3 bytes. */
const NAME_BYTES_MAX = 1024;
const SLASH = 0x2f;
/** Directories in each other, on a server that tells neither links from directories nor where they lead. */
const DEPTH_MAX = 24;
const NO_REAL_PATH = "It is a link, and the server does not say where links lead";

/** An entry of a directory that is a file, or may be one. */
export type ListedFile =
  | { readonly kind: "file"; readonly name: string; readonly attributes: SftpAttributes }
  | { readonly kind: "unlisted"; readonly name: string; readonly reason: string };

export interface ListedDirectory {
  readonly name: string;
  /** Its absolute path without symbolic links: an ancestor of the same path is a loop. */
  readonly real: string;
  readonly isLink: boolean;
}

/** What lies in a directory, each in the order of its bytes. */
export interface Listing {
  readonly files: readonly ListedFile[];
  readonly directories: readonly ListedDirectory[];
}

export interface ListingInterest {
  /**
   * Whether a file of that name is of interest: others are not looked at. It is asked of every name as it comes, which
   * is a sign of life for whoever waits.
   */
  readonly wanted: (name: string) => boolean;
  /** Whether nobody waits for the listing any more. */
  readonly isOver: () => boolean;
}

/**
 * Lists one directory. Symbolic links are followed; one that leads nowhere is not there. A name that none can be stands
 * for the directory itself, as what could not be listed. Throws SftpStatus, and OriginUnreachable when it does not end.
 *
 * @param path as the server is asked for it
 * @param real the same without symbolic links
 */
export async function listDirectory(
  session: SftpSession,
  path: string,
  real: string,
  interest: ListingInterest,
): Promise<Listing> {
  const files: ListedFile[] = [];
  const directories: ListedDirectory[] = [];
  const links: { readonly name: string; readonly isLink: boolean }[] = [];
  for (const [name, attributes] of await readEntries(session, path, interest)) {
    if (name === "") {
      files.push({ kind: "unlisted", name, reason: "The server lists a name that none can be" });
    } else if (isDirectory(attributes)) {
      directories.push({ name, real: joined(real, name), isLink: false });
    } else if (isRegularFile(attributes)) files.push({ kind: "file", name, attributes });
    else if (mayBeLink(attributes)) links.push({ name, isLink: !isOfUnknownKind(attributes) });
  }
  for (let at = 0; at < links.length; at += STATS) {
    throwIfOver(path, interest);
    await Promise.all(
      links.slice(at, at + STATS).map(async ({ name, isLink }) => {
        const target = await lookThrough(session, joined(path, name), name, isLink);
        const isWanted = interest.wanted(name);
        if (target === undefined) return;
        if (target.kind === "directory") directories.push(target.directory);
        else if (target.kind === "unlisted" || isWanted) files.push(target);
      }),
    );
  }
  files.sort(byName);
  directories.sort(byName);
  return { files, directories };
}

export function joined(directory: string, name: string): string {
  return directory.endsWith("/") ? directory + name : `${directory}/${name}`;
}

/** Entries by name, each once, but for files that are not wanted; what has an impossible name has none here. */
async function readEntries(
  session: SftpSession,
  path: string,
  interest: ListingInterest,
): Promise<Map<string, SftpAttributes>> {
  const handle = await session.openDirectory(bytesFromString(path));
  const entries = new Map<string, SftpAttributes>();
  let listed = 0;
  try {
    for (let count = READDIRS;; count = READDIRS_WIDE) {
      const batches = await Promise.all(
        Array.from({ length: count }, () => session.readDirectory(handle)),
      );
      throwIfOver(path, interest);
      for (const batch of batches) {
        listed += batch?.length ?? 0;
        for (const { name: bytes, ...attributes } of batch ?? []) {
          const name = isName(bytes) ? stringFromBytes(bytes) : "";
          if (name === "." || name === "..") continue;
          // What else a name stands for says nothing; that there is one is a sign of life still.
          const isWanted = interest.wanted(isRegularFile(attributes) ? name : "");
          if (isWanted || name === "" || !isRegularFile(attributes)) entries.set(name, attributes);
        }
      }
      if (batches.includes(undefined)) return entries;
      if (listed > ENTRIES_MAX) throw new OriginUnreachable(`Cannot list ${path}: it does not end`);
    }
  } finally {
    session.close(handle);
  }
}

function isName(bytes: Uint8Array): boolean {
  return bytes.length > 0 && bytes.length <= NAME_BYTES_MAX && !bytes.includes(SLASH) &&
    !bytes.includes(0);
}

function throwIfOver(path: string, { isOver }: ListingInterest): void {
  if (isOver()) throw new OriginUnreachable(`Cannot list ${path}: nobody waits any more`);
}

/** What a symbolic link (or an entry of unknown kind) leads to; undefined when it leads nowhere or to a device. */
async function lookThrough(
  session: SftpSession,
  path: string,
  name: string,
  isLink: boolean,
): Promise<ListedFile | { kind: "directory"; directory: ListedDirectory } | undefined> {
  const bytes = bytesFromString(path);
  try {
    const attributes = await session.stat(bytes);
    if (isRegularFile(attributes)) return { kind: "file", name, attributes };
    if (!(await isDirectoryAt(session, bytes, attributes))) {
      return isOfUnknownKind(attributes) ? { kind: "file", name, attributes } : undefined;
    }
    const real = await session.realPath(bytes);
    // It may lead back to where the walk is, for ever.
    const isDeep = isLink || path.split("/").length > DEPTH_MAX;
    if (real === undefined && isDeep) return { kind: "unlisted", name, reason: NO_REAL_PATH };
    return {
      kind: "directory",
      directory: { name, real: real === undefined ? path : stringFromBytes(real), isLink: true },
    };
  } catch (error) {
    if (!(error instanceof SftpStatus)) throw error;
    // Its name says nothing: what can't be looked at may be a directory with music in it.
    return error.code === STATUS.noSuchFile
      ? undefined
      : { kind: "unlisted", name, reason: error.message };
  }
}

/** Whether it is a directory, by opening it as one where the server does not say. */
export async function isDirectoryAt(
  session: SftpSession,
  path: Uint8Array,
  attributes: SftpAttributes,
): Promise<boolean> {
  if (!isOfUnknownKind(attributes)) return isDirectory(attributes);
  try {
    session.close(await session.openDirectory(path));
    return true;
  } catch (error) {
    if (error instanceof SftpStatus) return false;
    throw error;
  }
}

function mayBeLink(attributes: SftpAttributes): boolean {
  return isOfUnknownKind(attributes) || (attributes.mode! & 0o170000) === 0o120000;
}

function byName(a: { name: string }, b: { name: string }): number {
  return compareBytes(a.name, b.name);
}
