/** Appends an event of a version that this program does not know to the log of the state directory given. */
import { MUSIC_VOCABULARY, openEventLog } from "../../events/mod.ts";

const events = { ...MUSIC_VOCABULARY.events };
const { check } = events.TemplateChanged!;
const log = openEventLog(Deno.args[0]!, {
  vocabulary: { ...MUSIC_VOCABULARY, events: { ...events, TemplateChanged: { v: 99, check } } },
});
await log.append([{ type: "TemplateChanged", v: 99 as 1, data: { template: "$title" } }]);
await log.close();
