import { formatCount, isAudioName, plural } from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import { withLibrary } from "./library.ts";
import { printable, table } from "./output.ts";

/** `musicfs track unreadable`: names every file that could not be read (law 10). */
export function trackUnreadable({ context, options }: Invocation<{ all?: boolean }>): void {
  withLibrary(context, (library) => {
    const origins = library.origins().filter(({ configured }) => configured);
    const unlisted = origins
      .flatMap(({ id, unlisted }) => unlisted.map((at) => ({ origin: id, ...at })));
    // An entry that a scan could not look at counts as a file when its name says so, and as a directory otherwise.
    const files = [
      ...library.unreadable(),
      ...unlisted.filter(({ path }) => isAudioName(path)),
    ];
    const directories = unlisted.filter(({ path }) => !isAudioName(path));
    const unknown = origins.flatMap(({ id, unknown }) =>
      unknown.map((kind) => ({ origin: id, ...kind }))
    );
    const isAll = options.all === true;
    const beside = isAll ? kindsTable(unknown) : kindsHint(unknown);
    const all = { files, directories, ...isAll && { unknown } };
    context.output.print(all, () => {
      if (files.length + directories.length === 0) return `Everything could be read${beside}`;
      const rows = [
        ...files.map(({ origin, path, reason }) => [origin, printable(path), printable(reason)]),
        ...directories.map(({ origin, path, reason }) => [
          origin,
          `${printable(path)}/`,
          printable(reason),
        ]),
      ];
      const counts = [
        plural(files.length, "file"),
        plural(directories.length, "directory", "directories"),
      ];
      return `${table(["ORIGIN", "PATH", "REASON"], rows)}\n\n${
        counts.join(", ")
      } unreadable${beside}`;
    });
  });
}

interface OriginKind {
  readonly origin: string;
  readonly extension: string;
  readonly files: number;
}

function kindsHint(kinds: readonly OriginKind[]): string {
  const files = kinds.reduce((sum, kind) => sum + kind.files, 0);
  if (files === 0) return "";
  return `\n${
    plural(files, "file")
  } of kinds that are not known here: musicfs track unreadable --all`;
}

function kindsTable(kinds: readonly OriginKind[]): string {
  if (kinds.length === 0) return "";
  const rows = kinds.map(({ origin, extension, files }) => [
    origin,
    extension === "" ? "others" : `.${extension}`,
    formatCount(files),
  ]);
  return `\n\nNot known here:\n${table(["ORIGIN", "KIND", "FILES"], rows)}`;
}
