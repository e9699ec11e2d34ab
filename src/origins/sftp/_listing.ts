import { bytesFromString, stringFromBytes } from "../../base/mod.ts";
import {
  isDirectory,
  isOfUnknownKind,
  isRegularFile,
  type SftpAttributes,
  STATUS,
} from "./_packets.ts";
import type { SftpSession } from "./_session.ts";
import { SftpStatus } from "./_status.ts";
import { OriginUnreachable } from "../origin.ts";
import { compareBytes } from "../walk_order.ts";

/** READDIR requests under way for one directory: at first, and once it proved to be wide. */
const READDIRS = 2;
const READDIRS_WIDE = 8;
/** How many links of one directory are looked at at a time. */
const STATS = 64;
/** With more entries than this, a directory counts as endless: nobody keeps a million files in one. */
const ENTRIES_MAX = 1_000_000;
/** Longer than any file system's names; those of Windows have 255 characters of up to 3 bytes. */
const NAME_BYTES_MAX = 1024;
const SLASH = 0x2f;
/** How deep directories may lie, on a server that tells neither links from directories nor where links lead. */
const DEPTH_MAX = 24;
const NO_REAL_PATH = "It is a link, and the server does not say where links lead";

/** An entry of a directory that is a file, or may be one. */
export type ListedFile =
  | { readonly kind: "file"; readonly name: string; readonly attributes: SftpAttributes }
  | { readonly kind: "unlisted"; readonly name: string; readonly reason: string };

export interface ListedDirectory {
  readonly name: string;
  /** The absolute path without symbolic links. A directory that has this path among its ancestors is a loop. */
  readonly real: string;
  readonly isLink: boolean;
}

/** The contents of a directory, sorted by the bytes of the names. */
export interface Listing {
  readonly files: readonly ListedFile[];
  readonly directories: readonly ListedDirectory[];
}

export interface ListingInterest {
  /**
   * Whether a file with this name is wanted; others are not looked at. Called with every name as it comes, which also
   * shows the caller that the server answers.
   */
  readonly wanted: (name: string) => boolean;
  /** Whether the listing is not wanted any more. */
  readonly isOver: () => boolean;
}

/**
 * Lists one directory. Symbolic links are followed; one that leads nowhere is left out. An entry whose name no file
 * can have becomes an unlisted entry for the directory itself. Throws SftpStatus, and OriginUnreachable for an
 * endless directory.
 *
 * @param path as the server is asked for it
 * @param real the same path without symbolic links
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

/**
 * The entries by name, each once, without files that are not wanted. An entry with an impossible name has the name
 * "".
 */
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
          // The wanted names are names of files; for anything else the empty name only shows that an answer came.
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

/** The target of a symbolic link, or of an entry of unknown kind; undefined when it leads nowhere or to a device. */
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
    // Without a real path, the link may lead back into the walk for ever.
    const isDeep = isLink || path.split("/").length > DEPTH_MAX;
    if (real === undefined && isDeep) return { kind: "unlisted", name, reason: NO_REAL_PATH };
    return {
      kind: "directory",
      directory: { name, real: real === undefined ? path : stringFromBytes(real), isLink: true },
    };
  } catch (error) {
    if (!(error instanceof SftpStatus)) throw error;
    // The name does not tell what an unreadable entry is: it may be a directory with music in it.
    return error.code === STATUS.noSuchFile
      ? undefined
      : { kind: "unlisted", name, reason: error.message };
  }
}

/** Whether a path is a directory; found by opening it as one when the server does not say. */
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
