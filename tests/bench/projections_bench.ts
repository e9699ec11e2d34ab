/**
 * Measures the projections on a synthetic library: `deno run -A tests/bench/projections_bench.ts [FILES]`
 * (1,000,000 when absent). The events come from memory, so that the log is not measured.
 *
 * @module
 */
import type { MusicEvent, StoredEvent } from "../../events/mod.ts";
import {
  LibraryQueries,
  LibraryReader,
  openLibrary,
  ROOT_ID,
  type SourceLog,
} from "../../projections/mod.ts";
import { syntheticEvents } from "../support/synthetic_library.ts";

if (Deno.args[0] === "reader") walk(Deno.args[1]!);
else await replay(Number(Deno.args[0] ?? 1_000_000));

async function replay(files: number): Promise<void> {
  const directory = Deno.makeTempDirSync({ prefix: "musicfs-bench-" });
  try {
    const events = syntheticLog(files);
    const projector = await openLibrary({ directory, log: events });
    const { duration_ms } = await projector.rebuild();
    console.log(`replay: ${files} files, ${Math.round(files / duration_ms * 1000)} files/s`);
    const size = Deno.statSync(`${directory}/${projector.file}`).size;
    console.log(`library: ${Math.round(size / 1e6)} MB, ${Math.round(size / files)} bytes a file`);
    await projector.close();
    await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", import.meta.filename!, "reader", directory],
      stdout: "inherit",
      stderr: "inherit",
    }).output();
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** In a process of its own, since its memory is measured. */
function walk(directory: string): void {
  const before = rss();
  const reader = LibraryReader.open(directory)!;
  reader.node(ROOT_ID);
  const idle = rss();
  let nodes = 0;
  const started = performance.now();
  const pending = [ROOT_ID];
  while (pending.length > 0) {
    const parent = pending.pop()!;
    for (let after = 0;;) {
      const children = reader.children(parent, after, 150);
      if (children.length === 0) break;
      nodes += children.length;
      for (const child of children) {
        if (child.node.kind === "directory") pending.push(child.node.id);
      }
      after = children.at(-1)!.cookie;
    }
  }
  const seconds = (performance.now() - started) / 1000;
  console.log(`walk: ${nodes} nodes, ${Math.round(nodes / seconds)} nodes/s`);
  console.log(`rss: ${before} MB bare, ${idle} MB open, ${rss()} MB after the walk`);
  const artists = reader.children(ROOT_ID, 0, 20_000);
  time(
    "lookup (present)",
    20_000,
    (i) => reader.lookup(ROOT_ID, artists[i % artists.length]!.name),
  );
  time("lookup (absent)", 20_000, (i) => reader.lookup(ROOT_ID, `nobody ${i}`));
  time("node", 20_000, (i) => reader.node(1024 + i * 7 % 20_000));
  time("location", 20_000, (i) => reader.location(1024 + i * 7 % 20_000));
  time("children, 150 rows", 5_000, (i) => {
    reader.children(ROOT_ID, artists[i % Math.max(1, artists.length - 150)]!.cookie, 150);
  });
  const queries = LibraryQueries.open(directory)!;
  const directories = queries.directoriesBelow("local", "").slice(0, 20_000);
  time("known files of a directory of 12", directories.length, (i) => {
    queries.knownInDirectory("local", directories[i]!);
  });
  queries.close();
  reader.close();
}

function time(what: string, times: number, run: (i: number) => unknown): void {
  const started = performance.now();
  for (let i = 0; i < times; i++) run(i);
  console.log(`${what}: ${((performance.now() - started) / times * 1000).toFixed(1)} µs`);
}

function rss(): number {
  return Math.round(Deno.memoryUsage().rss / 1e6);
}

/** A log that makes each event when it is read. */
function syntheticLog(files: number): SourceLog {
  const total = [...syntheticEvents(0)].length + Math.ceil(files / 512);
  let events: IterableIterator<MusicEvent> = syntheticEvents(files);
  let next = 1;
  return {
    id: `synthetic-${files}`,
    lastSeq: () => total,
    *read({ from = 1, to = total } = {}): IterableIterator<StoredEvent> {
      if (from < next) {
        events = syntheticEvents(files);
        next = 1;
      }
      for (; next <= to;) {
        const event = events.next().value as MusicEvent;
        const seq = next++;
        if (seq >= from) yield { ...event, seq, at: 1_700_000_000_000 + seq };
      }
    },
  };
}
