import { plural } from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import { withLibrary } from "./library.ts";
import { printable, table } from "./output.ts";

/** `musicfs track unreadable`: law 10, what could not be read is named. */
export function trackUnreadable({ context }: Invocation): void {
  withLibrary(context, (library) => {
    const files = library.unreadable();
    const directories = library.origins().filter(({ configured }) => configured)
      .flatMap(({ id, unlisted }) => unlisted.map((directory) => ({ origin: id, ...directory })));
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
