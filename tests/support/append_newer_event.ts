/**
 * Appends an event of a type that this program does not know to the log of a state directory. With a second argument
 * the event says that older programs may pass over it.
 */
import { LIBRARY_VOCABULARY, type MusicEvent, openEventLog } from "../../events/mod.ts";

const [directory, passable] = Deno.args;
const ThingNoted = {
  ...LIBRARY_VOCABULARY.events.OriginRemoved,
  passable: passable !== undefined,
};
const log = openEventLog(directory!, {
  vocabulary: { ...LIBRARY_VOCABULARY, events: { ...LIBRARY_VOCABULARY.events, ThingNoted } },
});
await log.append([{ type: "ThingNoted", v: 1, data: { origin: "a" } } as unknown as MusicEvent]);
await log.close();
