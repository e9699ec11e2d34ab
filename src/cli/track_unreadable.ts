import { isAudioName, plural } from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import { withLibrary } from "./library.ts";
import { printable, table } from "./output.ts";

/** `musicfs track unreadable`: law 10, what could not be read is named. */
export function trackUnreadable({ context }: Invocation): void {
  withLibrary(context, (library) => {
    const unlisted = library.origins().filter(({ configured }) => configured)
      .flatMap(({ id, unlisted }) => unlisted.map((at) => ({ origin: id, ...at })));
    // What a scan could not look at is a file by its name, or a directory with whatever lies in it.
    const files = [
      ...library.unreadable(),
      ...unlisted.filter(({ path }) => isAudioName(path)),
    ];
    const directories = unlisted.filter(({ path }) => !isAudioName(path));
    context.output.print({ files, directories }, () => {
      if (files.length + directories.length === 0) return "Everything could be read";
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
      return `${table(["ORIGIN", "PATH", "REASON"], rows)}\n\n${counts.join(", ")} unreadable`;
    });
  });
}
