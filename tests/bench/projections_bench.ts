/**
 * Measures the projections on a synthetic library: `deno run -A tests/bench/projections_bench.ts [FILES]`
 * (1,000,000 when absent). The events come from memory, so that the log is not measured.
 *
 * @module
 */
import { existsSync } from "node:fs";
import type { MusicEvent, ObservedFile, StoredEvent } from "../../events/mod.ts";
import {
  LIBRARY,
  LibraryQueries,
  LibraryReader,
  openLibrary,
  Projector,
  ROOT_ID,
  type SourceLog,
} from "../../projections/mod.ts";
import {
  laterSeq,
  LISTING_START,
  LOG_START,
  OBSERVED_BATCH_FILES,
  type Seq,
  seqAfter,
  toNodeId,
  toSeq,
} from "../../src/base/mod.ts";
import { syntheticEvents, syntheticFile } from "../support/synthetic_library.ts";

async function replay(files: number): Promise<void> {
  const directory = Deno.makeTempDirSync({ prefix: "musicfs-bench-" });
  try {
    const log = new SyntheticLog(files);
    const projector = await openLibrary({ directory, log });
    const { duration_ms } = projector.rebuilt!;
    console.log(`replay: ${files} files, ${Math.round(files / duration_ms * 1000)} files/s`);
    const size = Deno.statSync(`${directory}/${projector.file}`).size;
    console.log(`library: ${Math.round(size / 1e6)} MB, ${Math.round(size / files)} bytes a file`);
    await projector.close();
    await ownProcess("reader", directory);
    await fill(directory, log);
    await moveEverything(directory, log);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** A projection that is new, filled while somebody reads. */
async function fill(directory: string, log: SourceLog): Promise<void> {
  const followers = LIBRARY.followers.map((it) =>
    it.name === "status" ? { ...it, version: it.version + 1 } : it
  );
  const projector = await Projector.open({ directory, log, set: { ...LIBRARY, followers } });
  Deno.writeTextFileSync(`${directory}/STAT`, "");
  const reading = ownProcess("stat", directory);
  await measured("a projection filled in the background", () => projector.filled());
  await projector.close();
  Deno.removeSync(`${directory}/STAT`);
  await reading;
}

/** Events that move everything. */
async function moveEverything(directory: string, log: SyntheticLog): Promise<void> {
  const projector = await openLibrary({ directory, log });
  const events: [string, MusicEvent][] = [
    ["another template", {
      type: "TemplateChanged",
      v: 1,
      data: { template: "$artist/$year $album/$track $title.$format" },
    }],
    ["an origin that leaves", { type: "OriginRemoved", v: 1, data: { origin: "local" } }],
  ];
  for (const [what, event] of events) {
    log.append(event);
    await measured(what, () => projector.catchUp());
  }
  await projector.close();
}

/** Prints how long something took, and the longest that nothing else had its turn. */
async function measured(what: string, work: () => Promise<unknown>): Promise<void> {
  let isDone = false;
  let longest = 0;
  const started = performance.now();
  const working = Promise.allSettled([work()]).then(([result]) => {
    isDone = true;
    if (result.status === "rejected") throw result.reason;
  });
  for (let before = started; !isDone;) {
    await new Promise((resolve) => setImmediate(resolve));
    const now = performance.now();
    longest = Math.max(longest, now - before);
    before = now;
  }
  await working;
  const seconds = (performance.now() - started) / 1000;
  console.log(`${what}: ${seconds.toFixed(1)} s, longest without a turn ${longest.toFixed(0)} ms`);
}

async function ownProcess(what: string, directory: string): Promise<void> {
  await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", import.meta.filename!, what, directory],
    stdout: "inherit",
    stderr: "inherit",
  }).output();
}

/** Looks up a name every ms until its file `STAT` is gone, as the mount does for a stat. */
async function stat(directory: string): Promise<void> {
  const sign = `${directory}/STAT`;
  const reader = LibraryReader.open(directory)!;
  const artists = reader.children(ROOT_ID, LISTING_START, 20_000);
  const times: number[] = [];
  for (let i = 0; existsSync(sign); i++) {
    reader.reopen();
    const { name } = artists[i * 7919 % artists.length]!;
    const started = performance.now();
    const artist = reader.lookup(ROOT_ID, name)!;
    const [album] = reader.children(artist.node.id, LISTING_START, 1);
    reader.node(album!.node.id);
    times.push(performance.now() - started);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.floor(times.length * share)]!.toFixed(2);
  console.log(`a reader meanwhile: ${times.length} looks, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`);
  reader.close();
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

/** A log that makes each event when it is read, and takes more. */
class SyntheticLog implements SourceLog {
  readonly id: string;
  readonly #files: number;
  readonly #first: readonly MusicEvent[];
  readonly #batches: number;
  readonly #more: MusicEvent[] = [];

  constructor(files: number) {
    this.id = `synthetic-${files}`;
    this.#files = files;
    this.#first = [...syntheticEvents(0)].slice(0, 3);
    this.#batches = Math.ceil(files / OBSERVED_BATCH_FILES);
  }

  append(event: MusicEvent): void {
    this.#more.push(event);
  }

  lastSeq(): Seq {
    return toSeq(this.#first.length + this.#batches + this.#more.length);
  }

  *read({ from = LOG_START, to = this.lastSeq() } = {}): IterableIterator<StoredEvent> {
    for (let seq = laterSeq(toSeq(1), from); seq <= to; seq = seqAfter(seq)) {
      yield { ...this.#event(seq - 1), seq, at: 1_700_000_000_000 + seq };
    }
  }

  #event(at: number): MusicEvent {
    const batch = at - this.#first.length;
    if (batch < 0) return this.#first[at]!;
    if (batch >= this.#batches) return this.#more[batch - this.#batches]!;
    const files: ObservedFile[] = [];
    const from = batch * OBSERVED_BATCH_FILES;
    for (let i = from; i < Math.min(this.#files, from + OBSERVED_BATCH_FILES); i++) {
      files.push(syntheticFile(i));
    }
    const position = files.at(-1)!.path;
    return { type: "FilesObserved", v: 1, data: { origin: "local", scan: 1, position, files } };
  }
}

if (Deno.args[0] === "reader") walk(Deno.args[1]!);
else if (Deno.args[0] === "stat") await stat(Deno.args[1]!);
else await replay(Number(Deno.args[0] ?? 1_000_000));
