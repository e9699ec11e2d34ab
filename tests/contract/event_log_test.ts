import { createMemoryEventLog, MemoryRecords, openEventLog } from "../../events/mod.ts";
import { testEventLog } from "./event_log_suite.ts";

testEventLog("memory", () => {
  const records = new MemoryRecords();
  return {
    open: (options = {}) => createMemoryEventLog({ ...options, records }),
    remove: () => Promise.resolve(),
  };
});

testEventLog("LMDB", () => {
  const directory = Deno.makeTempDirSync({ prefix: "musicfs-log-" });
  return {
    open: (options = {}) => openEventLog(directory, options),
    remove: () => Deno.remove(directory, { recursive: true }),
  };
});
