/**
 * How much memory this process may still take: the machine's, or what its control group leaves it (a container, a
 * unit with `MemoryMax=`). The kernel kills a process that takes more than its group has. See cgroups(7), and the
 * kernel's documents on the memory controller of both versions.
 *
 * @module
 */

/** The names of one version of the memory controller. */
interface Controller {
  readonly mount: string;
  readonly limit: string;
  readonly usage: string;
  /** The line of `memory.stat` that counts file pages nobody uses: the kernel takes those back first. */
  readonly reclaimable: string;
}

const V2: Controller = {
  mount: "/sys/fs/cgroup",
  limit: "memory.max",
  usage: "memory.current",
  reclaimable: "inactive_file",
};
const V1: Controller = {
  mount: "/sys/fs/cgroup/memory",
  limit: "memory.limit_in_bytes",
  usage: "memory.usage_in_bytes",
  reclaimable: "total_inactive_file",
};

/** Returns bytes. `root` is prefixed to the paths of the system's files, for tests. */
export function availableMemory(root: string = ""): number {
  return Math.min(Deno.systemMemoryInfo().available, availableInGroups(root));
}

/** The bytes that this process's control groups leave it; Infinity when none has a limit. */
export function availableInGroups(root: string): number {
  let available = Infinity;
  for (const line of text(`${root}/proc/self/cgroup`)?.split("\n") ?? []) {
    const [, controllers, path] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    if (path === undefined) continue;
    const controller = controllers === ""
      ? V2
      : controllers!.split(",").includes("memory")
      ? V1
      : null;
    if (controller === null) continue;
    // The limit of a group holds for everything below it, so every group above the process counts.
    for (let at = path; at !== ""; at = at.slice(0, at.lastIndexOf("/"))) {
      available = Math.min(available, availableIn(`${root}${controller.mount}${at}`, controller));
    }
    // In a container its own group is often mounted as the root, whatever the group is called outside.
    available = Math.min(available, availableIn(`${root}${controller.mount}`, controller));
  }
  return available;
}

function availableIn(directory: string, { limit, usage, reclaimable }: Controller): number {
  const most = number(text(`${directory}/${limit}`));
  const used = number(text(`${directory}/${usage}`));
  if (most === undefined || used === undefined) return Infinity;
  const stat = text(`${directory}/memory.stat`)?.split("\n") ?? [];
  const cached = number(stat.find((line) => line.startsWith(`${reclaimable} `))?.split(" ")[1]);
  return Math.max(0, most - used + (cached ?? 0));
}

/** Undefined for a text that is no number, such as `max`. */
function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+\s*$/.test(text) ? Number(text) : undefined;
}

function text(path: string): string | undefined {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return undefined;
  }
}
