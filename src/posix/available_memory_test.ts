import assert from "node:assert/strict";
import { availableInGroups, availableMemory } from "./available_memory.ts";

const MIB = 1024 * 1024;

/** The memory that is available according to these files of the system, by their paths. */
function available(files: Record<string, string | number>): number {
  const root = Deno.makeTempDirSync();
  try {
    for (const [path, content] of Object.entries(files)) {
      Deno.mkdirSync(`${root}${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
      Deno.writeTextFileSync(`${root}${path}`, `${content}\n`);
    }
    return availableInGroups(root);
  } finally {
    Deno.removeSync(root, { recursive: true });
  }
}

Deno.test("availableInGroups() heeds the narrowest limit above the process, and counts cached files as available", () => {
  const group = "/sys/fs/cgroup/system.slice";
  assert.equal(
    available({
      "/proc/self/cgroup": "0::/system.slice/musicfs.service",
      [`${group}/musicfs.service/memory.max`]: "max",
      [`${group}/musicfs.service/memory.current`]: 10 * MIB,
      [`${group}/memory.max`]: 256 * MIB,
      [`${group}/memory.current`]: 100 * MIB,
      [`${group}/memory.stat`]: `anon 7\ninactive_file ${30 * MIB}`,
    }),
    186 * MIB,
  );
});

Deno.test("availableInGroups() reads version 1, and the group that a container has mounted as the root", () => {
  const group = "/sys/fs/cgroup/memory";
  const own = {
    "/proc/self/cgroup": "9:name=systemd:/\n4:cpu,memory:/docker/abc\n0::/",
    [`${group}/memory.limit_in_bytes`]: 128 * MIB,
    [`${group}/memory.usage_in_bytes`]: 130 * MIB,
    [`${group}/memory.stat`]: `inactive_file 1\ntotal_inactive_file ${MIB}`,
  };
  assert.equal(available(own), 0, "over it");
  assert.equal(
    available({ ...own, [`${group}/memory.usage_in_bytes`]: 28 * MIB }),
    101 * MIB,
  );
});

Deno.test("availableInGroups() is Infinity where no group has a limit", () => {
  assert.equal(available({}), Infinity);
  assert.equal(available({ "/proc/self/cgroup": "0::/\nnonsense" }), Infinity);
  assert.ok(availableMemory() > 0);
});
