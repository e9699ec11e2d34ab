/**
 * The operating system as C knows it: calls that Deno lacks, and calls whose Deno version is too slow to stand between
 * a player and the kernel. `cFunctions` opens them in the C library, which has the same name on both glibc
 * architectures. The structures are those that x86_64 and aarch64 share.
 *
 * @module
 */
export * from "./beneath.ts";
export { availableMemory } from "./available_memory.ts";
export * from "./confine.ts";
export * from "./disk_kind.ts";
export * from "./errno.ts";
export * from "./file.ts";
export * from "./file_lock.ts";
export * from "./inotify.ts";
export * from "./kept_numbers.ts";
export * from "./later.ts";
export * from "./libc.ts";
export * from "./memfd.ts";
export * from "./memory.ts";
export * from "./memory_read.ts";
export * from "./mount_point.ts";
export * from "./opened_memory.ts";
export * from "./process.ts";
export * from "./permitted_mode.ts";
export * from "./poller.ts";
export * from "./unix_socket.ts";
export * from "./write_file.ts";
export * from "./write_watch.ts";
