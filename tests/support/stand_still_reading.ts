/**
 * Reads the first event of a log, prints that it did, and then does nothing until a byte comes, like `less` at the
 * end of its first screen.
 *
 * usage: stand_still_reading.ts DIRECTORY
 */
import { openEventLog } from "../../events/mod.ts";

const log = openEventLog(Deno.args[0]!, { readOnly: true });
const events = log.read();
events.next();
Deno.stdout.writeSync(new TextEncoder().encode("standing\n"));
Deno.stdin.readSync(new Uint8Array(1));
let count = 1;
for (const _ of events) count++;
Deno.stdout.writeSync(new TextEncoder().encode(`${count}\n`));
await log.close();
