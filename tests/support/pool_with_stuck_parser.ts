/** A process with a parser that never returns. It prints the parser's pid and waits until it is ended. */
import { fileURLToPath } from "node:url";
import { ParserPool } from "../../src/metadata/mod.ts";
import { until } from "./until.ts";

const parser = fileURLToPath(new URL("./stubborn_parser.ts", import.meta.url));
const pool = new ParserPool({
  size: 1,
  command: () => [Deno.execPath(), ["run", "--quiet", "-A", parser]],
  cpuMs: [3_600_000, 3_600_000, 3_600_000],
});
const reading = pool.read("/", [{ path: "stuck", size: 1, mtime_s: 0, mtime_ns: 0 }]);

function child(): number | undefined {
  const children = Deno.readTextFileSync(`/proc/${Deno.pid}/task/${Deno.pid}/children`).trim();
  return children === "" ? undefined : Number(children);
}

/** Whether the parser is busy: it has used more processor time than its start takes. */
function isBusy(pid: number): boolean {
  const stat = Deno.readTextFileSync(`/proc/${pid}/stat`);
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[11]) > 200;
}

await until("a busy parser", 60_000, () => {
  const pid = child();
  return pid !== undefined && isBusy(pid);
});
console.log(child());
await reading;
