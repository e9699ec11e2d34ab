/**
 * The process that answers. It opens one SQLite file and one kernel device and is mounted; everything else
 * happens beside that. It loads no package, so that it stays small, and appends nothing: what it notices
 * (a change under a watch, a file that is not what the tree says, an alarm of the schedule) it asks the
 * **engine** to look at. The `EngineSupervisor` starts that process when it is asked something, and again
 * when it crashed; what it commits is seen here as rows, and the kernel is told what to forget.
 *
 * @module
 */
export { mountMain } from "./mount_process.ts";
