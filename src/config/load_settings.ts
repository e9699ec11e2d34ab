import { dirname } from "node:path";
import { EXIT, foldCase, messageOf, UserError } from "../base/mod.ts";
import type { OriginSettings } from "../control/protocol.ts";
import type { ConfigFile } from "./config_file.ts";
import { expandPath } from "./expand_path.ts";
import type { FileOrigin } from "./file_schema.ts";
import { type Key, KEYS, type KeyValues } from "./keys.ts";
import {
  type LocationFlags,
  type Locations,
  nonEmpty,
  resolveLocations,
  type Source,
  type Surroundings,
} from "./locations.ts";
import { networkShareOf } from "./network_share.ts";
import { originId, parseOriginSpec, placeOfFileOrigin, samePlace } from "./origin_spec.ts";
import { ConfigError, type ConfigProblem, quoted } from "./problem.ts";
import type { Settings, ViewSettings } from "./settings.ts";

/** Flags about the library, which only `mount` takes. */
export interface SettingsFlags extends LocationFlags {
  readonly template?: string | undefined;
  readonly origins?: readonly string[] | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly fileMode?: string | undefined;
  readonly dirMode?: string | undefined;
}

export interface LoadedSettings {
  readonly settings: Settings;
  readonly locations: Locations;
  /** The configuration file that was read; null when there is none. */
  readonly file: string | null;
  /** The source of each setting, by its key in the file. */
  readonly sources: Readonly<Record<string, Source>>;
}

/**
 * Merges flags, environment and file into complete and checked settings. Throws ConfigError or UserError, both with
 * the exit code for wrong configuration.
 */
export async function loadSettings(
  flags: SettingsFlags,
  surroundings: Surroundings,
): Promise<LoadedSettings> {
  const locations = resolveLocations(flags, surroundings);
  const file = await readConfigFile(locations.config, locations.sources.config !== "default");
  const sources: Record<string, Source> = {};

  const choose = async <Name extends Key>(
    key: Name,
    flag: string | undefined,
    inFile: KeyValues[Name] | undefined,
  ): Promise<KeyValues[Name]> => {
    const { variable, defaultValue } = KEYS[key];
    const inEnvironment = nonEmpty(surroundings.environment[variable]);
    if (flag !== undefined) {
      sources[key] = "flag";
      const name = key.replace(/^mount\./, "").replace("_", "-");
      return await readNamed(key, `--${name}`, flag);
    }
    if (inEnvironment !== undefined) {
      sources[key] = "environment";
      return await readNamed(key, variable, inEnvironment);
    }
    sources[key] = inFile === undefined ? "default" : "file";
    return inFile === undefined ? defaultValue : inFile;
  };

  const content = file?.content;
  const flagOrigins = flags.origins ?? [];
  sources["views"] = content?.views ? "file" : "default";
  sources["origins"] = flagOrigins.length > 0 ? "flag" : content?.origins ? "file" : "default";
  const { origins, schedules } = flagOrigins.length > 0
    ? { origins: originsFromFlags(flagOrigins, surroundings), schedules: {} }
    : originsFromFile(file, surroundings);
  const settings: Settings = {
    template: await choose("template", flags.template, content?.template),
    names: await choose("tree.names", undefined, content?.tree?.names),
    foldCase: await choose("tree.fold_case", undefined, content?.tree?.fold_case),
    showHidden: await choose("tree.show_hidden", undefined, content?.tree?.show_hidden),
    coverSources: await choose("artwork.sources", undefined, content?.artwork?.sources),
    coverSizes: await choose("artwork.sizes", undefined, content?.artwork?.sizes),
    listCoverSizes: await choose("artwork.list_sizes", undefined, content?.artwork?.list_sizes),
    searchEnabled: await choose(
      "features.search_enabled",
      undefined,
      content?.features?.search_enabled,
    ),
    smartCollections: await choose(
      "features.smart_collections",
      undefined,
      content?.features?.smart_collections,
    ),
    views: viewsFromFile(file),
    stateDir: locations.stateDir,
    cacheDir: locations.cacheDir,
    socket: locations.socket,
    logLevel: locations.logLevel,
    origins: origins.map(asShare),
    schedule: await choose("scan.schedule", undefined, content?.scan?.schedule),
    originSchedules: schedules,
    removalsHold: await choose("scan.removals_hold", undefined, content?.scan?.removals_hold),
    exclude: await choose("scan.exclude", undefined, content?.scan?.exclude),
    tagEncoding: await choose("tags.encoding", undefined, content?.tags?.encoding),
    cacheSizeBytes: await choose("cache.size", undefined, content?.cache?.size),
    metadataSizeBytes: await choose(
      "cache.metadata_size",
      undefined,
      content?.cache?.metadata_size,
    ),
    mount: {
      owner: await choose("mount.owner", flags.owner, content?.mount?.owner),
      group: await choose("mount.group", flags.group, content?.mount?.group),
      fileMode: await choose("mount.file_mode", flags.fileMode, content?.mount?.file_mode),
      dirMode: await choose("mount.dir_mode", flags.dirMode, content?.mount?.dir_mode),
    },
  };
  return { settings, locations, file: file?.path ?? null, sources };
}

/**
 * The configuration file; undefined when there is none and none was named. The parsers are loaded only when there is
 * one.
 */
async function readConfigFile(path: string, isRequired: boolean): Promise<ConfigFile | undefined> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    const isMissing = error instanceof Deno.errors.NotFound;
    if (isMissing && !isRequired) return undefined;
    const why = isMissing ? "it does not exist" : messageOf(error);
    const message = `Cannot read the configuration: ${why}`;
    throw new ConfigError([{ source: path, line: null, key: null, message }]);
  }
  const { parseConfig } = await import("./config_file.ts");
  return parseConfig(text, path);
}

async function readNamed<Name extends Key>(
  key: Name,
  source: string,
  text: string,
): Promise<KeyValues[Name]> {
  const { READERS, Unfit } = await import("./values.ts");
  const value = READERS[key](text);
  if (!(value instanceof Unfit)) return value;
  const message = `Cannot use ${quoted(text)}: ${value.why}`;
  throw new ConfigError([{ source, line: null, key, message }]);
}

function originsFromFlags(
  specs: readonly string[],
  { workingDirectory, environment }: Surroundings,
): OriginSettings[] {
  const origins: OriginSettings[] = [];
  for (const spec of specs) {
    const place = parseOriginSpec(spec, workingDirectory, environment);
    if (origins.some((origin) => samePlace(origin, place))) {
      throw new UserError(`--origin: Cannot use ${quoted(spec)}: it is named twice`, {
        exitCode: EXIT.usage,
      });
    }
    const id = originId(place, origins.map((origin) => origin.id));
    const priority = origins.length + 1;
    origins.push({ id, ...place, priority, bandwidth: null, dailyBudget: null });
  }
  return origins;
}

function originsFromFile(
  file: ConfigFile | undefined,
  { environment }: Surroundings,
): { origins: OriginSettings[]; schedules: Record<string, string | null> } {
  const origins: OriginSettings[] = [];
  const schedules: Record<string, string | null> = {};
  const problems: ConfigProblem[] = [];
  const given = file?.content.origins ?? [];
  const taken = given.flatMap((origin) => origin.id ?? []);
  given.forEach((origin, i) => {
    const place = placeOfFileOrigin(origin, dirname(file!.path), environment);
    const id = origin.id ?? originId(place, taken);
    const problem = (key: string, message: string) =>
      problems.push({
        source: file!.path,
        line: file!.lines.lineOf(["origins", i, key]) ?? null,
        key: `origins[${i}].${key}`,
        message: `Cannot use ${quoted(id)} as an origin: ${message}`,
      });
    if (origins.some((other) => other.id === id)) problem("id", "another origin has that id");
    if (origins.some((other) => samePlace(other, place))) {
      const key = origin.type === "s3" ? "bucket" : "path";
      problem(key, `another origin has ${quoted(place.root)} too`);
    }
    if (origin.id === undefined) taken.push(id);
    origins.push({
      id,
      ...place,
      priority: origin.priority ?? i + 1,
      ...limitsOf(origin),
      ...("follow_links" in origin && origin.follow_links && { followLinks: true }),
      ...waysOf(origin, dirname(file!.path), environment),
    });
    if (origin.schedule !== undefined) schedules[id] = origin.schedule;
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return { origins, schedules };
}

function viewsFromFile(file: ConfigFile | undefined): ViewSettings[] {
  const views = (file?.content.views ?? []).map(({ name, match = "", template }) => (
    { name, match, template }
  ));
  const problems = views.flatMap(({ name }, i): ConfigProblem[] => {
    const isTaken = views.slice(0, i).some((other) => foldCase(other.name) === foldCase(name));
    if (!isTaken) return [];
    const line = file!.lines.lineOf(["views", i, "name"]) ?? null;
    const message = `Cannot use ${quoted(name)} as a view: another view has that name`;
    return [{ source: file!.path, line, key: `views[${i}].name`, message }];
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return views;
}

/** Makes a local origin on another machine's file system an nfs origin, since a look at it may hang. */
function asShare(origin: OriginSettings): OriginSettings {
  const share = origin.type === "local" ? networkShareOf(origin.root) : undefined;
  return share === undefined ? origin : { ...origin, type: "nfs", share };
}

/** The keys that say how an origin's place is reached and not which place it is. */
function waysOf(
  origin: FileOrigin,
  directory: string,
  environment: Surroundings["environment"],
): Pick<OriginSettings, "pathStyle" | "ca" | "sshCommand"> {
  if (origin.type === "sftp") {
    return { ...(origin.ssh_command !== undefined && { sshCommand: origin.ssh_command }) };
  }
  if (origin.type !== "s3") return {};
  const { path_style, ca } = origin;
  return {
    ...(path_style !== undefined && { pathStyle: path_style }),
    ...(ca !== undefined && { ca: expandPath(ca, directory, environment) }),
  };
}

function limitsOf(origin: FileOrigin): Pick<OriginSettings, "bandwidth" | "dailyBudget"> {
  if (origin.type === "local") return { bandwidth: null, dailyBudget: null };
  return { bandwidth: origin.bandwidth ?? null, dailyBudget: origin.daily_budget ?? null };
}
