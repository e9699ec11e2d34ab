/**
 * The process that answers. To mount, it opens one SQLite file and one kernel device; everything else happens beside
 * that, and is loaded then. Nothing here loads a package, so that the process stays small, and it appends no event. When it notices something (a change under
 * a watch, a file that is not what the tree says, an alarm of the schedule), it asks the **engine** to look. The
 * `EngineSupervisor` starts the engine process when there is something to ask, and again when it crashed. The mount
 * sees what the engine commits as rows, and tells the kernel what to forget.
 *
 * @module
 */
export { mountMain, serveMount } from "./mount_process.ts";
