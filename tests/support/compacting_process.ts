/**
 * Opens the cache of a library, says so on standard output, and appends one event to its log, which is compacted when it
 * has grown: `compacting_process.ts BASE`. See OpenedCache for the directories below BASE.
 *
 * @module
 */
import { FIRST_FILE_ID } from "../../src/base/mod.ts";
import { used } from "./content_events.ts";
import { OpenedCache } from "./opened_cache.ts";

await using opened = await OpenedCache.open(Deno.args[0]!);
console.log("begins");
await opened.cache.append([used(FIRST_FILE_ID)]);
