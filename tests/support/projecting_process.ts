/**
 * Brings a library level with its log and ends: `projecting_process.ts STATE_DIR DIRECTORY [NAME=VERSION]...`. The
 * named projections get these versions in place of the program's own. Says so on standard output when it begins.
 *
 * @module
 */
import { openEventLog } from "../../events/mod.ts";
import { LIBRARY, Projector } from "../../projections/mod.ts";

const [stateDir, directory, ...versions] = Deno.args;
const others = new Map(versions.map((it) => it.split("=") as [string, string]));

const log = openEventLog(stateDir!, { readOnly: true });
console.log("begins");
const projector = await Projector.open({
  ...{ directory: directory!, log },
  set: {
    ...LIBRARY,
    followers: LIBRARY.followers.map((it) => ({
      ...it,
      version: Number(others.get(it.name) ?? it.version),
    })),
  },
});
await projector.filled();
await projector.close();
await log.close();
