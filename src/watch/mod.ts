/**
 * Live changes of local origins, for the process that answers: inotify(7) spoken directly, without a package,
 * without blocking, with one string a directory. `Deno.watchFs` blocked the event loop for 305 ms over
 * 20,000 directories, and would have kept a player waiting for as long.
 *
 * What is told is where something changed, never what: a scan of those directories finds out. Changes are
 * gathered until a directory is quiet, so an album that is copied is scanned once. Not guaranteed: that
 * everything is seen. The kernel may drop events (then everything may have changed, and that is told), may
 * allow too few watches (told once), and sees nothing of what other machines do to a network file system;
 * that is what the scheduled scan is for.
 *
 * @module
 */
export { type Watch, type WatchOptions, watchOrigin } from "./watcher.ts";
