import type { ExitCode } from "../base/mod.ts";
import type { CollectionChange } from "../engine/mod.ts";
import { requireCollections } from "./collections.ts";
import type { Context, Invocation } from "./context.ts";
import { withDaemon } from "./daemon.ts";
import { withLog } from "./event_selection.ts";
import { untilInterrupted } from "./interrupt.ts";
import { asOnlyWriter } from "./only_writer.ts";
import { printable } from "./output.ts";

/** `musicfs collection save NAME QUERY`: a saved query of that name gets the new one. */
export function collectionSave({ context, args }: Invocation): Promise<ExitCode | void> {
  const [name, ...words] = args as [string, ...string[]];
  const query = words.join(" ").trim();
  return changed(
    context,
    { what: "save", name, query },
    (
      replaced,
    ) => [
      { name, query, replaced },
      `Saved ${printable(name)}${replaced ? ", which was another" : ""}`,
    ],
  );
}

/** `musicfs collection rename NAME NEW`. */
export function collectionRename({ context, args }: Invocation): Promise<ExitCode | void> {
  const [name, to] = args as [string, string];
  return changed(
    context,
    { what: "rename", name, to },
    () => [{ name: to, was: name }, `${printable(name)} is now ${printable(to)}`],
  );
}

/** `musicfs collection remove NAME`: the tracks stay where they are. */
export function collectionRemove({ context, args }: Invocation): Promise<ExitCode | void> {
  const [name] = args as [string];
  return changed(
    context,
    { what: "remove", name },
    () => [{ name }, `Removed ${printable(name)}, and none of its tracks`],
  );
}

/** The daemon makes the change, or this process when there is no daemon. `said` is told whether NAME was there. */
async function changed(
  context: Context,
  change: CollectionChange,
  said: (wasThere: boolean) => [json: object, text: string],
): Promise<ExitCode | void> {
  await requireCollections(context);
  return await untilInterrupted((signal) =>
    withDaemon(context, async (daemon) => {
      const wasThere = daemon === undefined
        ? await changedHere(context, change)
        : await askedOf(daemon, change, signal);
      const [json, text] = said(wasThere);
      context.output.done(json, () => text);
    })
  );
}

type Daemon = NonNullable<Parameters<Parameters<typeof withDaemon>[1]>[0]>;

async function askedOf(
  daemon: Daemon,
  change: CollectionChange,
  signal: AbortSignal,
): Promise<boolean> {
  switch (change.what) {
    case "save": {
      const { name, query } = change;
      return (await daemon.request("collection.save", { name, query }, { signal })).replaced;
    }
    case "rename": {
      const { name, to } = change;
      await daemon.request("collection.rename", { name, to }, { signal });
      return true;
    }
    case "remove":
      await daemon.request("collection.remove", { name: change.name }, { signal });
      return true;
  }
}

async function changedHere(context: Context, change: CollectionChange): Promise<boolean> {
  // Opening a log that isn't there would make one, while most likely the user named the wrong directory: this fails
  // instead.
  await withLog(context, () => {});
  const { changeCollectionsOffline } = await import("../engine/mod.ts");
  return await asOnlyWriter(
    context,
    `collection ${change.what}`,
    () => changeCollectionsOffline(context.locations, change),
  );
}
