/**
 * The grammar of the command line: every command with its arguments, options and help, and the module of its code. A
 * module is loaded when its command is entered, so that no command pays for another.
 *
 * @module
 */
import { Argument, Command, Help, InvalidArgumentError, Option } from "commander";
import { COLLECTION_SHOWN_MAX, EXIT, type ExitCode, SEARCH_RESULTS_MAX } from "../base/mod.ts";
import { Context, type GlobalOptions, type Handler } from "./context.ts";
import { FACETS } from "./facets.ts";
import { GLOBAL_OPTIONS, MOUNT_OPTIONS, type OptionShape } from "./options.ts";
import { loadWidths } from "./output.ts";
import { queryHelp } from "./query_help.ts";
import { SHELLS } from "./shells.ts";

const FIRST_MOUNT = `
A first mount:
  musicfs mount /mnt/music --origin ~/Music`;

const EXIT_CODES = `
Exit codes:
  0 done, 1 failed, 2 wrong usage or configuration, 3 no daemon running, 4 not found, 130 interrupted`;

const CACHE_LOG = "of the log of what this machine's cache holds";
const SINCE = "from a position in the log, a time (2026-01-31T18:00) or an age (2h, 3d) on";

const QUERY = "a path in the mount or below its mount point, or a query (musicfs help query)";

/** Receives the exit code of the command that was entered. */
export type Finished = (code: ExitCode) => void;

/**
 * The whole tree of commands. A usage error is thrown as CommanderError and printed nowhere. `showHelp` gets the help
 * text; without it help goes to the terminal.
 */
export function buildProgram(finished: Finished, showHelp?: (text: string) => void): Command {
  const program = new Command("musicfs")
    .description("Shows a music library by what the music is, as a read-only file system.")
    .configureHelp({ showGlobalOptions: true, helpWidth: 80, formatHelp: commandsFirst })
    .configureOutput({
      outputError: () => {},
      ...(showHelp !== undefined && { writeOut: showHelp, writeErr: showHelp }),
    })
    .exitOverride()
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show the help of a command")
    .addHelpText("after", `${FIRST_MOUNT}\n${EXIT_CODES}`);
  for (const option of GLOBAL_OPTIONS) program.addOption(commanderOption(option));

  const mountCommand = leaf(program, "mount", async () => (await import("./mount.ts")).mount)
    .description("mount the library, in the foreground until Ctrl-C")
    .argument("<mountpoint>", "an empty directory");
  for (const option of MOUNT_OPTIONS) mountCommand.addOption(commanderOption(option));
  leaf(program, "unmount", async () => (await import("./unmount.ts")).unmount)
    .description("undo a mount, also that of a daemon that died")
    .argument("<mountpoint>")
    .option("--force", "also end who still has files of it open");
  leaf(program, "status", async () => (await import("./status.ts")).status)
    .description("what the daemon is doing");

  leaf(program, "search", async () => (await import("./search.ts")).search)
    .description("tracks that match a query, best first; to a program their paths alone")
    .argument("<query...>", "words, fields and ranges: see musicfs help query")
    .option("-1, --best", "the path of the best one alone")
    .option("--limit <number>", "at most that many", results, 100)
    .option("--offset <number>", "without that many of the best", count, 0)
    .addOption(
      new Option("--field <name>", "look for words in this field only; may be repeated")
        .argParser(append),
    )
    .option("--origin <id>", "on this origin only");

  const collection = group(program, "collection")
    .description("queries with a name, as directories that are always right");
  leaf(collection, "list", async () => (await import("./collection_list.ts")).collectionList)
    .description("the collections, and what they have");
  leaf(collection, "show", async () => (await import("./collection_show.ts")).collectionShow)
    .description("the tracks of a collection; to a program their paths alone")
    .argument("<collection>")
    .option("--limit <number>", "at most that many", collected, 100);
  leaf(collection, "save", async () => (await import("./collection_change.ts")).collectionSave)
    .description("give a query a name, or a name another query")
    .argument("<name>", "such as 'Jazz from the 1960s'")
    .argument("<query...>", "words, fields and ranges: see musicfs help query");
  leaf(collection, "rename", async () => (await import("./collection_change.ts")).collectionRename)
    .description("give a collection another name")
    .argument("<collection>")
    .argument("<new>");
  leaf(collection, "remove", async () => (await import("./collection_change.ts")).collectionRemove)
    .description("forget a collection, and none of its tracks")
    .argument("<collection>");
  leaf(collection, "export", async () => (await import("./collection_export.ts")).collectionExport)
    .description("an M3U playlist of a collection")
    .argument("<collection>");

  const origin = group(program, "origin").description("where the music comes from");
  leaf(origin, "list", async () => (await import("./origin_list.ts")).originList)
    .description("the origins, their health and their last scan");
  leaf(origin, "rescan", async () => (await import("./origin_rescan.ts")).originRescan)
    .description("look for changes now")
    .argument("[id...]", "origins, all when none is named")
    .option("--full", "read every file again, changed or not")
    .option("--wait", "return when the scan is done");
  leaf(
    origin,
    "confirm-removals",
    async () => (await import("./origin_confirm_removals.ts")).originConfirmRemovals,
  )
    .description("let the next scan remove the files whose removal was held")
    .argument("<id>");

  leaf(program, "list", async () => (await import("./list.ts")).list)
    .description("artists, albums, genres and so on, with the number of their tracks")
    .argument("<facet>", `${FACETS.join(", ")}, or any other tag`)
    .argument("[query...]", "of the tracks that it finds only (musicfs help query)")
    .addOption(
      new Option("--sort <order>", "by name, or the most tracks first").choices(["name", "count"])
        .default("name"),
    )
    .option("--limit <number>", "the first that many", wholeNumber);

  const track = group(program, "track").description("what is known about single files");
  leaf(track, "show", async () => (await import("./track_show.ts")).trackShow)
    .description("where a track comes from, its tags, and what of it is stored")
    .argument("<path>", "in the mount, in the virtual tree, or on the origin");
  leaf(track, "unreadable", async () => (await import("./track_unreadable.ts")).trackUnreadable)
    .description("files and directories that could not be read, each with its reason")
    .option("--all", "also how many files there are of kinds that are not known here");

  const cache = group(program, "cache").description("what is kept of music that lies elsewhere");
  leaf(cache, "stats", async () => (await import("./cache_stats.ts")).cacheStats)
    .description("how much is stored, of which origin, what it is good for, and what is pinned");
  leaf(cache, "clear", async () => (await import("./cache_clear.ts")).cacheClear)
    .description("give up what is stored, pinned or not; it is fetched again when it is read")
    .option("--origin <id>", "of the files of this origin only");
  leaf(cache, "verify", async () => (await import("./cache_verify.ts")).cacheVerify)
    .description("read every chunk, and drop those that are damaged");
  leaf(cache, "pin", async () => (await import("./cache_fetch.ts")).cachePin)
    .description("fetch tracks, and keep them until they are unpinned")
    .argument("<path|query>", QUERY);
  leaf(cache, "unpin", async () => (await import("./cache_unpin.ts")).cacheUnpin)
    .description("let pinned tracks be given up when room is wanted")
    .argument("<path|query>", "as it was pinned, or other tracks");
  leaf(cache, "warm", async () => (await import("./cache_fetch.ts")).cacheWarm)
    .description("fetch tracks, and keep them as long as there is room")
    .argument("<path|query>", QUERY);

  const events = group(program, "events").description("the log of everything that happened");
  leaf(events, "list", async () => (await import("./events_list.ts")).eventsList)
    .description("events, the newest last")
    .option("--cache", CACHE_LOG)
    .option("--type <type>", "of this type only")
    .option("--track <path|query>", "about the tracks that it finds only")
    .option("--since <when>", SINCE)
    .option("--limit <number|all>", "the newest that many; 100, or all with --since", limit);
  leaf(events, "tail", async () => (await import("./events_tail.ts")).eventsTail)
    .description("the last events, and every new one until Ctrl-C (exit code 130)")
    .option("--cache", CACHE_LOG)
    .option("--type <type>", "of this type only")
    .option("--since <when>", SINCE);
  leaf(events, "show", async () => (await import("./events_show.ts")).eventsShow)
    .description("one event, whole")
    .option("--cache", CACHE_LOG)
    .argument("<seq>", "its position in the log", position);
  leaf(events, "stats", async () => (await import("./events_stats.ts")).eventsStats)
    .description("how many of each type, their sizes, and the time they span")
    .option("--cache", CACHE_LOG);
  leaf(events, "verify", async () => (await import("./events_verify.ts")).eventsVerify)
    .description("compare what is served with what the log says");
  leaf(events, "replay", async () => (await import("./events_replay.ts")).eventsReplay)
    .description("rebuild what is served from the log");
  leaf(events, "compact", async () => (await import("./events_compact.ts")).eventsCompact)
    .description("leave superseded events out of the log; not while a library is mounted")
    .option("--keep <age>", "leave those of the last days alone, such as 90d", "90d");

  const config = group(program, "config").description("the configuration");
  leaf(config, "show", async () => (await import("./config_show.ts")).configShow)
    .description("every setting, and where it comes from");
  leaf(config, "check", async () => (await import("./config_check.ts")).configCheck)
    .description("whether the configuration can be used");

  leaf(program, "doctor", async () => (await import("./doctor.ts")).doctor)
    .description("can this machine mount, and what would make it faster");
  const rpc = group(program, "rpc").description("the control socket, for programs");
  leaf(rpc, "describe", async () => (await import("./rpc_describe.ts")).rpcDescribe)
    .description("what can be asked there, as an OpenRPC document");
  leaf(rpc, "call", async () => (await import("./rpc_call.ts")).rpcCall)
    .description("ask the daemon something, and show what it answers")
    .argument("<method>", "such as cache.stats")
    .argument("[json]", 'its parameters: one JSON object, such as \'{"id": "local"}\'');

  program.command("query")
    .description("how to write a query: words, fields, ranges, AND OR NOT")
    .configureHelp({ formatHelp: queryHelp })
    .action((_options, command: Command) => command.help());
  leaf(program, "completions", async () => (await import("./completions.ts")).completions)
    .description("a script that completes commands and options in a shell")
    .addArgument(new Argument("<shell>", "the shell that is to read it").choices(SHELLS));
  leaf(program, "version", async () => (await import("./version.ts")).version)
    .description("the version of the program");
  return program;

  /** Adds a command that does something. */
  function leaf<Options extends object>(
    parent: Command,
    name: string,
    load: () => Promise<Handler<Options>>,
  ): Command {
    const command = parent.command(name);
    return command.action(async () => {
      const global = program.opts<GlobalOptions>();
      const context = new Context(global);
      await context.settleUnpacking();
      const handler = await load();
      if (!global.json) await loadWidths();
      const { args } = command;
      finished(await handler({ context, args, options: command.opts<Options>() }) ?? EXIT.done);
    });
  }
}

/** Help that puts a group's commands above its options, since the options are the same for all commands. */
function commandsFirst(command: Command, helper: Help): string {
  const sections = new Help().formatHelp.call(helper, command, helper).split(/\n\n(?=\S)/);
  const commands = sections.findIndex((section) => section.startsWith("Commands:"));
  const options = sections.findIndex((section) => section.startsWith("Options:"));
  if (commands > options && options >= 0) {
    sections.splice(options, 0, ...sections.splice(commands, 1).map((text) => text.trimEnd()));
  }
  return `${sections.join("\n\n").trimEnd()}\n`;
}

/** Adds a command that only holds other commands. */
function group(program: Command, name: string): Command {
  return program.command(name).helpCommand(false);
}

function commanderOption({ flags, help, choices, conflicts, repeats }: OptionShape): Option {
  const option = new Option(flags, help);
  if (choices !== undefined) option.choices(choices);
  if (conflicts !== undefined) option.conflicts(conflicts);
  if (repeats) option.argParser(append);
  return option;
}

function append(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}

function limit(value: string): number {
  if (value === "all") return Infinity;
  return wholeNumber(value);
}

function position(value: string): number {
  return wholeNumber(value);
}

function results(value: string): number {
  const number = wholeNumber(value);
  if (number <= SEARCH_RESULTS_MAX) return number;
  throw new InvalidArgumentError(`It must be at most ${SEARCH_RESULTS_MAX}.`);
}

function collected(value: string): number {
  const number = wholeNumber(value);
  if (number <= COLLECTION_SHOWN_MAX) return number;
  throw new InvalidArgumentError(`It must be at most ${COLLECTION_SHOWN_MAX}.`);
}

function count(value: string): number {
  return value === "0" ? 0 : wholeNumber(value);
}

function wholeNumber(value: string): number {
  const number = Number(value);
  if (/^\d+$/.test(value) && Number.isSafeInteger(number) && number > 0) return number;
  throw new InvalidArgumentError("It must be a whole number above 0.");
}
