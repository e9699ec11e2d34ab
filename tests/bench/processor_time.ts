import { cpuUsage } from "node:process";

/** The seconds of processor time that all threads of this process have used. */
export function processorSeconds(): number {
  const { user, system } = cpuUsage();
  return (user + system) / 1e6;
}
