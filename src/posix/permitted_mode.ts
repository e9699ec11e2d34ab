import { ERRNO } from "./errno.ts";
import { addressOf, errno, libc } from "./libc.ts";

const library = Deno.dlopen("libc.so.6", {
  fgetxattr: { parameters: ["i32", "buffer", "buffer", "u32"], result: "i32" },
  // The last argument lies on the stack, where all 64 bits of it count.
  getxattrat: {
    name: "syscall",
    parameters: ["u32", "i32", "buffer", "u32", "buffer", "buffer", "usize"],
    result: "i32",
  },
}).symbols;

/** The number of the system call, the same on every architecture. */
const SYS_GETXATTRAT = 464;
const AT_SYMLINK_NOFOLLOW = 0x100;

/**
 * The extended attribute of an access control list, see acl(5) and the kernel's posix_acl_xattr.h: a version, then
 * entries of tag, rights and account number.
 */
const NAME = new TextEncoder().encode("system.posix_acl_access\0");
const VERSION = 2;
const HEAD_BYTES = 4;
const ENTRY_BYTES = 8;
const TAG = { user: 0x02, owningGroup: 0x04, group: 0x08, mask: 0x10, other: 0x20 } as const;
const ALL = 7;
/** Stands for the rights that all named users, or groups, have in common when the list names none. */
const NOBODY = -1;

const PLACE = new TextEncoder().encode("/proc/self/fd/");
const SLASH = 0x2f;
const NAME_BYTES_MAX = 4096;
const path = new Uint8Array(PLACE.length + 16 + NAME_BYTES_MAX);
path.set(PLACE);
const entry = new Uint8Array(NAME_BYTES_MAX + 1);
const list = new Uint8Array(64 * 1024);
const view = new DataView(list.buffer);

/** `struct xattr_args`: the address for the value, and the room there. */
const into = new Uint8Array(16);
const INTO_BYTES = 16n;
new DataView(into.buffer).setBigUint64(0, addressOf(list), true);
new DataView(into.buffer).setUint32(8, list.length, true);
/** Whether the kernel knows getxattrat (Linux 6.13). */
let isKnown = true;

/** For tests: with false, behaves as on a kernel without getxattrat. */
export function pretendGetxattrat(known: boolean): void {
  isKnown = known;
}

/**
 * The permission bits `mode` of a file, less those that its access control list takes from somebody (see {@link
 * narrowedMode}). The file is the one open as `fd`, or the entry `name` (a binary string) of the directory open as
 * `fd`. When the list can't be read, only the owner's bits are left.
 */
export function permittedMode(mode: number, fd: number, name?: string): number {
  if ((mode & 0o077) === 0) return mode;
  if (name !== undefined && name.length > NAME_BYTES_MAX) return mode & ~0o077;
  const length = name === undefined ? listOf(fd) : listOfEntry(fd, name);
  if (length >= 0) return narrowedMode(mode, view, length);
  return length === -ERRNO.ENODATA || length === -ERRNO.EOPNOTSUPP ? mode : mode & ~0o077;
}

/** Reads the access control list of an open file. Returns its length, or a negative errno. */
function listOf(fd: number): number {
  const length = library.fgetxattr(fd, NAME, list, list.length);
  if (length >= 0) return length;
  const why = errno();
  // The file is open as a mere reference (O_PATH). Its list is reached through a link of /proc, which must be followed.
  return why === ERRNO.EBADF ? listAt(fd, undefined) : -why;
}

/** Does the same for an entry of an open directory. An entry that has become a link is another file. */
function listOfEntry(directory: number, name: string): number {
  if (!isKnown) return listAt(directory, name);
  for (let i = 0; i < name.length; i++) entry[i] = name.charCodeAt(i);
  entry[name.length] = 0;
  const length = library.getxattrat(
    ...[SYS_GETXATTRAT, directory, entry, AT_SYMLINK_NOFOLLOW, NAME, into, INTO_BYTES] as const,
  );
  if (length >= 0) return length;
  const why = errno();
  // Some sandboxes refuse calls that they do not know with EPERM.
  if (why !== ERRNO.ENOSYS && why !== ERRNO.EPERM) return -why;
  isKnown = false;
  return listAt(directory, name);
}

/** Does the same by path, which every kernel knows but which takes four times as long. */
function listAt(fd: number, name: string | undefined): number {
  let end = PLACE.length;
  for (const digit of String(fd)) path[end++] = digit.charCodeAt(0);
  if (name !== undefined) {
    path[end++] = SLASH;
    for (let i = 0; i < name.length; i++) path[end++] = name.charCodeAt(i);
  }
  path[end] = 0;
  const ask = name === undefined ? libc.getxattr : libc.lgetxattr;
  const length = ask(path, NAME, list, list.length);
  return length >= 0 ? length : -errno();
}

/**
 * Permission bits that let in nobody whom an access control list keeps out. With a list, the group bits of a file are
 * those of the list's mask, which may be wider than the rights of the owning group. And a person who is named in the
 * list with fewer rights than the others have would count as one of the others by the bits alone. Bits can't name
 * anybody, so a person who is let in by name only is kept out. A list that can't be parsed leaves the owner's bits.
 */
export function narrowedMode(mode: number, acl: DataView, length: number): number {
  const closed = mode & ~0o077;
  if (length < HEAD_BYTES || acl.getUint32(0, true) !== VERSION) return closed;
  let mask = ALL, owningGroup = 0, other = 0, users = NOBODY, groups = NOBODY;
  for (let at = HEAD_BYTES; at + ENTRY_BYTES <= length; at += ENTRY_BYTES) {
    const rights = acl.getUint16(at + 2, true);
    switch (acl.getUint16(at, true)) {
      case TAG.user:
        users &= rights;
        break;
      case TAG.owningGroup:
        owningGroup = rights;
        break;
      case TAG.group:
        groups &= rights;
        break;
      case TAG.mask:
        mask = rights;
        break;
      case TAG.other:
        other = rights;
    }
  }
  // The mask bounds the rights of named users and groups.
  const named = (rights: number) => rights === NOBODY ? ALL : rights & mask;
  return closed | (owningGroup & mask & named(users)) << 3 | other & named(users) & named(groups);
}
