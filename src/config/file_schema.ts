/**
 * The shape of the configuration file. A key that is not named here is refused.
 *
 * @module
 */
import * as v from "valibot";
import type { OriginSettings } from "../control/protocol.ts";
import {
  readBandwidth,
  readBucket,
  readCommand,
  readDailyBudget,
  readEndpoint,
  READERS,
  readHost,
  readOriginId,
  readPath,
  readPort,
  readPriority,
  readSchedule,
  readSwitch,
  readText,
  readTrackMatch,
  readViewName,
  Unfit,
} from "./values.ts";

export const ORIGIN_TYPES = [
  "local",
  "nfs",
  "s3",
  "sftp",
] as const satisfies OriginSettings["type"][];

const originCommon = {
  id: v.optional(value(readOriginId)),
  priority: v.optional(value(readPriority)),
  schedule: v.optional(value(readSchedule)),
};

/** Keys of origins whose bytes are fetched. */
const originRemote = {
  ...originCommon,
  bandwidth: v.optional(value(readBandwidth)),
  daily_budget: v.optional(value(readDailyBudget)),
};

const originByType = {
  local: v.strictObject({
    ...originCommon,
    type: v.literal("local"),
    path: value(readPath),
    follow_links: v.optional(value(readSwitch)),
  }),
  nfs: v.strictObject({
    ...originRemote,
    type: v.literal("nfs"),
    path: value(readPath),
    follow_links: v.optional(value(readSwitch)),
  }),
  s3: v.strictObject({
    ...originRemote,
    type: v.literal("s3"),
    bucket: value(readBucket),
    prefix: v.optional(value(readText)),
    endpoint: v.optional(value(readEndpoint)),
    region: v.optional(value(readText)),
    path_style: v.optional(value(readSwitch)),
    ca: v.optional(value(readText)),
  }),
  sftp: v.strictObject({
    ...originRemote,
    type: v.literal("sftp"),
    host: value(readHost),
    port: v.optional(value(readPort)),
    user: v.optional(value(readText)),
    path: value(readText),
    ssh_command: v.optional(value(readCommand)),
  }),
};

const unknownType = v.looseObject({ type: v.picklist(ORIGIN_TYPES) });

/** Checks an origin against the shape of its own type, so that keys of other types count as unknown. */
const origin = v.pipe(
  v.looseObject({ type: v.optional(v.unknown(), "local") }),
  v.lazy((input) => {
    const { type } = input as { type: unknown };
    return shapeOf(type) ?? unknownType;
  }),
);

const cache = v.strictObject({
  size: v.optional(value(READERS["cache.size"])),
  metadata_size: v.optional(value(READERS["cache.metadata_size"])),
});

const tree = v.strictObject({
  names: v.optional(value(READERS["tree.names"])),
  fold_case: v.optional(value(READERS["tree.fold_case"])),
  show_hidden: v.optional(value(READERS["tree.show_hidden"])),
});

const view = v.strictObject({
  name: value(readViewName),
  match: v.optional(value(readTrackMatch)),
  template: value(READERS["template"]),
});

const artwork = v.strictObject({
  sources: v.optional(value(READERS["artwork.sources"])),
  sizes: v.optional(value(READERS["artwork.sizes"])),
  list_sizes: v.optional(value(READERS["artwork.list_sizes"])),
});

const features = v.strictObject({
  search_enabled: v.optional(value(READERS["features.search_enabled"])),
  smart_collections: v.optional(value(READERS["features.smart_collections"])),
});

const tags = v.strictObject({
  encoding: v.optional(value(READERS["tags.encoding"])),
});

const scan = v.strictObject({
  schedule: v.optional(value(READERS["scan.schedule"])),
  removals_hold: v.optional(value(READERS["scan.removals_hold"])),
  exclude: v.optional(value(READERS["scan.exclude"])),
});

const mount = v.strictObject({
  owner: v.optional(value(READERS["mount.owner"])),
  group: v.optional(value(READERS["mount.group"])),
  file_mode: v.optional(value(READERS["mount.file_mode"])),
  dir_mode: v.optional(value(READERS["mount.dir_mode"])),
});

export const fileSchema = v.strictObject({
  template: v.optional(value(READERS["template"])),
  tree: v.optional(tree),
  artwork: v.optional(artwork),
  views: v.optional(v.array(view)),
  features: v.optional(features),
  cache: v.optional(cache),
  scan: v.optional(scan),
  tags: v.optional(tags),
  mount: v.optional(mount),
  origins: v.optional(v.array(origin)),
});

export type FileOrigin = v.InferOutput<(typeof originByType)[keyof typeof originByType]>;
export type FileContent = Omit<v.InferOutput<typeof fileSchema>, "origins"> & {
  origins?: FileOrigin[] | undefined;
};

/** The keys that may stand in the table at this path, for "did you mean". */
export function keysAt(path: readonly (string | number)[], type: unknown): readonly string[] {
  if (path.length === 0) return Object.keys(fileSchema.entries);
  if (path[0] === "cache") return Object.keys(cache.entries);
  if (path[0] === "tree") return Object.keys(tree.entries);
  if (path[0] === "views") return Object.keys(view.entries);
  if (path[0] === "artwork") return Object.keys(artwork.entries);
  if (path[0] === "features") return Object.keys(features.entries);
  if (path[0] === "scan") return Object.keys(scan.entries);
  if (path[0] === "tags") return Object.keys(tags.entries);
  if (path[0] === "mount") return Object.keys(mount.entries);
  const shape = shapeOf(type) ?? originByType.local;
  return Object.keys(shape.entries);
}

/** Undefined for a text that is no type; `hasOwn`, because every object inherits a "constructor". */
function shapeOf(type: unknown): (typeof originByType)[keyof typeof originByType] | undefined {
  const isType = typeof type === "string" && Object.hasOwn(originByType, type);
  return isType ? originByType[type as keyof typeof originByType] : undefined;
}

/** A schema that reads a value with one of the functions of `values.ts`. */
function value<T>(read: (input: unknown) => T | Unfit) {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const result = read(dataset.value);
      if (!(result instanceof Unfit)) return result;
      addIssue({ expected: result.why });
      return NEVER;
    }),
  );
}
