import { formatBytes } from "../base/mod.ts";
import type { LoadedSettings } from "../config/mod.ts";
import type { Invocation } from "./context.ts";
import { fields, printable } from "./output.ts";

/** `musicfs config show`: the settings in force, each with its source. */
export async function configShow({ context }: Invocation): Promise<void> {
  const loaded = await context.settings();
  const { settings, locations, file, sources } = loaded;
  context.output.print(
    snakeCased({ file, settings, sources: { ...sources, ...locations.sources } }),
    () => human(loaded),
  );
}

function human({ settings, locations, file, sources }: LoadedSettings): string {
  const rows: [string, string][] = [
    ["configuration", file ?? `${locations.config} (not there)`],
    ["state", `${settings.stateDir}  (${locations.sources.stateDir})`],
    ["cache", `${settings.cacheDir}  (${locations.sources.cacheDir})`],
    ["socket", `${settings.socket}  (${locations.sources.socket})`],
    ["log level", `${settings.logLevel}  (${locations.sources.logLevel})`],
    ["template", `${settings.template}  (${sources["template"]})`],
    ["tree.names", `${settings.names}  (${sources["tree.names"]})`],
    ["tree.fold_case", `${settings.foldCase}  (${sources["tree.fold_case"]})`],
    ["tree.show_hidden", `${settings.showHidden}  (${sources["tree.show_hidden"]})`],
    [
      "artwork.sources",
      `${settings.coverSources.join(", ") || "off"}  (${sources["artwork.sources"]})`,
    ],
    ["artwork.sizes", `${settings.coverSizes.join(", ") || "off"}  (${sources["artwork.sizes"]})`],
    ["artwork.list_sizes", `${settings.listCoverSizes}  (${sources["artwork.list_sizes"]})`],
    [
      "features.search_enabled",
      `${settings.searchEnabled}  (${sources["features.search_enabled"]})`,
    ],
    [
      "features.smart_collections",
      `${settings.smartCollections}  (${sources["features.smart_collections"]})`,
    ],
    ["cache.size", `${formatBytes(settings.cacheSizeBytes)}  (${sources["cache.size"]})`],
    [
      "cache.metadata_size",
      `${formatBytes(settings.metadataSizeBytes)}  (${sources["cache.metadata_size"]})`,
    ],
    ["scan.schedule", `${settings.schedule ?? "off"}  (${sources["scan.schedule"]})`],
    ["scan.removals_hold", `${settings.removalsHold}  (${sources["scan.removals_hold"]})`],
    ["tags.encoding", `${settings.tagEncoding}  (${sources["tags.encoding"]})`],
  ];
  const exclude = settings.exclude.map(printable).join(", ") || "nothing more than always";
  rows.push(["scan.exclude", `${exclude}  (${sources["scan.exclude"]})`]);
  const { owner, group, fileMode, dirMode } = settings.mount;
  const octal = (mode: number | null) => mode === null ? null : mode.toString(8).padStart(4, "0");
  for (
    const [key, value] of [
      ["mount.owner", owner],
      ["mount.group", group],
      ["mount.file_mode", octal(fileMode)],
      ["mount.dir_mode", octal(dirMode)],
    ] as const
  ) rows.push([key, `${value ?? "as on the origin"}  (${sources[key]})`]);
  for (const { name, match, template } of settings.views) {
    const which = match === "" ? "all tracks" : printable(match);
    rows.push([`view ${printable(name)}`, `${printable(template)}  (${which})`]);
  }
  if (settings.origins.length === 0) rows.push(["origins", "none"]);
  for (const origin of settings.origins) {
    const { id, type, root, priority, bandwidth, dailyBudget, followLinks } = origin;
    const { pathStyle, ca, sshCommand } = origin;
    const schedule = new Map(Object.entries(settings.originSchedules)).get(id);
    const words = [
      type,
      `priority ${priority}`,
      ...schedule === undefined ? [] : [`schedule ${schedule ?? "off"}`],
      ...bandwidth === null ? [] : [`bandwidth ${formatBytes(bandwidth)}/s`],
      ...followLinks ? ["follow_links"] : [],
      ...pathStyle === undefined ? [] : [`path_style ${pathStyle}`],
      ...ca === undefined ? [] : [`ca ${printable(ca)}`],
      ...sshCommand === undefined ? [] : [`ssh_command ${printable(sshCommand.join(" "))}`],
      ...dailyBudget === null ? [] : [`daily_budget ${formatBytes(dailyBudget)}`],
    ];
    rows.push([`origin ${id}`, `${printable(root)}  (${words.join(", ")})`]);
  }
  return fields(rows);
}

/** The same value with snake_case names, as the configuration file and every other document have them. */
function snakeCased(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(snakeCased);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      snakeCased(item),
    ]),
  );
}
