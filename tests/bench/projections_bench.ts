/**
 * Measures the projections on a synthetic library, and reads from it: `deno run -A tests/bench/projections_bench.ts
 * [FILES]` (1,000,000 when absent). `deno task bench --only projections` shows the figures that have targets.
 *
 * @module
 */
import { LibraryQueries, LibraryReader, ROOT_ID } from "../../projections/mod.ts";
import { LISTING_START, toNodeId } from "../../src/base/mod.ts";
import { measureProjections, type Work } from "./measured_projections.ts";

async function bench(files: number): Promise<void> {
  const { TMPDIR = "/tmp" } = Deno.env.toObject();
  const { replay, bareCpuS, bytes, fill, looks, template, leaving } = await measureProjections(
    ...[TMPDIR, files] as const,
    (directory) => ownProcess("reader", directory),
  );
  const rate = (seconds: number) => `${Math.round(files / seconds)} files/s`;
  console.log(`replay: ${files} files, ${rate(replay.s)}, ${rate(replay.cpuS)} of processor time`);
  console.log(`bare SQLite with the same rows: ${rate(bareCpuS)} of processor time`);
  console.log(`library: ${Math.round(bytes / 1e6)} MB, ${Math.round(bytes / files)} bytes a file`);
  console.log(`started in ${looks.startMs.toFixed(0)} ms`);
  const { count, p50Ms, p99Ms } = looks;
  tell("a projection filled in the background", fill);
  console.log(
    `a reader meanwhile: ${count} looks, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms`,
  );
  tell("another template", template);
  tell("an origin that leaves", leaving);
}

function tell(what: string, { s, cpuS, longestMs }: Work): void {
  const times = `${s.toFixed(1)} s (${cpuS.toFixed(1)} s of processor time)`;
  console.log(`${what}: ${times}, longest without a turn ${longestMs.toFixed(0)} ms`);
}

async function ownProcess(what: string, directory: string): Promise<void> {
  await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", import.meta.filename!, what, directory],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
}

/** Runs in its own process, since its memory is measured. */
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
    for (let after = LISTING_START;;) {
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
  const artists = reader.children(ROOT_ID, LISTING_START, 20_000);
  time(
    "lookup (present)",
    20_000,
    (i) => reader.lookup(ROOT_ID, artists[i % artists.length]!.name),
  );
  time("lookup (absent)", 20_000, (i) => reader.lookup(ROOT_ID, `nobody ${i}`));
  time("node", 20_000, (i) => reader.node(toNodeId(1024 + i * 7 % 20_000)));
  time("location", 20_000, (i) => reader.location(toNodeId(1024 + i * 7 % 20_000)));
  time("children, 150 rows", 5_000, (i) => {
    reader.children(ROOT_ID, artists[i % Math.max(1, artists.length - 150)]!.cookie, 150);
  });
  const queries = LibraryQueries.open(directory)!;
  const directories = queries.scanning.directoriesBelow("local", "").slice(0, 20_000);
  time("known files of a directory of 12", directories.length, (i) => {
    queries.scanning.knownInDirectory("local", directories[i]!);
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

if (Deno.args[0] === "reader") walk(Deno.args[1]!);
else await bench(Number(Deno.args[0] ?? 1_000_000));
