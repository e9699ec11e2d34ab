import { type MusicEvent, openEventLog } from "../../events/mod.ts";
import { type CollectionQueries, openLibrary } from "../../projections/mod.ts";
import { libraryDirectory } from "../config/places.ts";
import type { Settings } from "../config/settings.ts";
import { removing, renaming, saving } from "./collection_events.ts";

/** A change of the collections, as a person asks for it. */
export type CollectionChange =
  | { readonly what: "save"; readonly name: string; readonly query: string }
  | { readonly what: "rename"; readonly name: string; readonly to: string }
  | { readonly what: "remove"; readonly name: string };

/**
 * Changes the collections with no daemon running. Resolves with whether there was a collection of the name. Rejects with
 * UserError when a daemon is running, and for what is refused.
 */
export async function changeCollectionsOffline(
  places: Pick<Settings, "stateDir" | "cacheDir">,
  change: CollectionChange,
): Promise<boolean> {
  const log = openEventLog(places.stateDir);
  try {
    const projector = await openLibrary({ directory: libraryDirectory(places), log });
    try {
      const known = projector.queries.collections;
      const events = eventsOf(known, change);
      const wasThere = known.get(change.name.normalize("NFC")) !== undefined;
      await log.append(events);
      await projector.catchUp();
      return wasThere;
    } finally {
      await projector.close();
    }
  } finally {
    await log.close();
  }
}

function eventsOf(known: CollectionQueries, change: CollectionChange): MusicEvent[] {
  switch (change.what) {
    case "save":
      return saving(known, change.name, { query: change.query });
    case "rename":
      return renaming(known, change.name, change.to);
    case "remove":
      return removing(known, change.name);
  }
}
