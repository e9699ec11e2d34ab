/**
 * The operating system as C knows it: what Deno has no call for, or none that is fast enough to stand between
 * a player and the kernel. Everything goes through one `Deno.dlopen` of the C library, found on both glibc
 * architectures under the same name; structures are those that x86_64 and aarch64 share.
 *
 * @module
 */
export * from "./beneath.ts";
export { availableMemory } from "./available_memory.ts";
export * from "./confine.ts";
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
