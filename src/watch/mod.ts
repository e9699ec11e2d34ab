/**
 * Live changes of local origins, for the process that answers: inotify(7) spoken directly, without a package, without
 * blocking, with one string a directory. `Deno.watchFs` blocked the event loop for 305 ms over 20,000 directories,
 * and a player would have waited for as long.
 *
 * This tells in which directories something changed and never what: a scan of these directories finds that out.
 * Changes are gathered until a directory is quiet, so an album that is being copied is scanned once. Not guaranteed:
 * that everything is seen. The kernel may drop events (then everything may have changed, and that is told), may allow
 * too few watches (told once), and does not see what other machines do to a network file system; the scheduled scan
 * is for that.
 *
 * @module
 */
export { type Watch, type WatchOptions, watchOrigin } from "./watcher.ts";
