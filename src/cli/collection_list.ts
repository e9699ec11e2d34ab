import { madeOf, withCollections } from "./collections.ts";
import type { Invocation } from "./context.ts";
import { printable, table } from "./output.ts";

/**
 * `musicfs collection list`: those that are always there, then the saved ones. To a program their names alone, one a
 * line. Works with and without a daemon.
 */
export async function collectionList({ context }: Invocation): Promise<void> {
  const all = await withCollections(context, (reader) => reader.all());
  const collections = all.map(({ name, query, builtIn, at }) => (
    { name, query, built_in: builtIn, saved_at: at }
  ));
  context.output.print({ collections }, () => {
    if (!Deno.stdout.isTerminal()) return all.map(({ name }) => printable(name)).join("\n");
    const rows = all.map((it) => [
      printable(it.name),
      printable(madeOf(it)),
      it.builtIn ? "always there" : "",
    ]);
    return table(["NAME", "HAS", ""], rows);
  });
}
