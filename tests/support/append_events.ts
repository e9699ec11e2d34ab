/**
 * Appends to the log of a directory until it is ended, and prints each position once it is durable.
 * usage: append_events.ts DIRECTORY [COUNT]
 */
import { openEventLog } from "../../events/mod.ts";

const [directory, count] = Deno.args;
const log = openEventLog(directory!);
const encoder = new TextEncoder();
for (let i = 0; i < Number(count ?? Infinity); i++) {
  const batch = Array.from({ length: 1 + i % 3 }, () => ({
    type: "TemplateChanged" as const,
    v: 1 as const,
    data: { template: `$title ${i} ${"x".repeat(i % 2000)}` },
  }));
  const stored = await log.append(batch);
  Deno.stdout.writeSync(encoder.encode(`${stored.at(-1)!.seq}\n`));
}
await log.close();
