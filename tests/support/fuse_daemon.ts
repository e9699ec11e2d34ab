/**
 * Serves a directory of real files, mirrored into a {@link MemoryTree}, from a process of its own. It takes one JSON
 * command a line on standard input, and gives one JSON answer a line on standard output; the first line says that the
 * mount answers. It ends with its input.
 *
 * usage: deno run -A fuse_daemon.ts '{"mountpoint": ..., "source": ..., ...}'
 *
 * @module
 */
import type { FileVersion } from "../../events/facts/files.ts";
import { bytesFromString, createLogger, messageOf, type NodeId } from "../../src/base/mod.ts";
import { FuseSession, mountFileSystem } from "../../src/fuse/mod.ts";
import {
  closeFile,
  fileVersion,
  libc,
  openFile,
  raiseOpenFilesLimit,
} from "../../src/posix/mod.ts";
import { LibraryFileSystem } from "../../src/vfs/mod.ts";
import {
  type ChunkStore,
  DiskChunkStore,
  loadChecksum,
  nameOf,
} from "../../src/cache/store/mod.ts";
import { EngineCache } from "../../src/mount/engine_cache.ts";
import { linkEngine } from "../../src/mount/engine_link.ts";
import { type EngineLink, EngineSupervisor } from "../../src/mount/supervisor.ts";
import type { FileLocation, StoredPart } from "../../projections/tree/tree_types.ts";
import { Recipe, type Segment } from "../../src/segments/mod.ts";
import { MemoryTree } from "./memory_tree.ts";
import { RecipeBranch } from "./recipe_branch.ts";

export interface FuseDaemonOptions {
  mountpoint: string;
  source: string;
  passthrough?: boolean;
  allowOther?: boolean;
  readAheadKb?: number;
  logLevel?: "error" | "debug";
  /** Takes bytes from chunks in `chunks`, and from a `stand_in_engine.ts` that reads the source. */
  remote?: boolean;
  /** How many further copies every file has. */
  others?: number;
  readDeadlineMs?: number;
  /** The newest minor version of the protocol to use with the kernel. */
  minorMax?: number;
}

/** With `untold`, the answer does not wait until the kernel has been told of the change. */
export type FuseDaemonCommand =
  & { untold?: boolean }
  & (
    /** Answers with the number of the node. */
    | { op: "add"; path: string; real?: string }
    /** Shows the node at a path under another one as well. */
    | { op: "link"; path: string; other: string }
    /** Takes one name of a node away. */
    | { op: "unlink"; path: string }
    | { op: "add_many"; directory: string; from: number; to: number; real: string }
    | { op: "refresh"; path: string; real?: string }
    | { op: "remove"; path: string }
    | { op: "remove_many"; directory: string; from: number; to: number }
    | { op: "move"; from: string; to: string }
    | { op: "prune" }
    | { op: "told" }
    /** Stores bytes `from` to `to` of a file in parts of `length` bytes. */
    | { op: "store"; path: string; from: number; to: number; length: number }
    /** Forgets every stored part of the file. */
    | { op: "unstore"; path: string }
    /** Sets the segments of `.made/file`. */
    | { op: "make"; version: number; segments: MadeSegment[] }
    /** How long the entry of `.made` may be kept in seconds, and whether that directory answers for now. */
    | { op: "branch"; ttl?: number; held?: boolean }
    | { op: "engine"; method: string; params: unknown }
    | { op: "stats" }
  );

/** A segment: text in the recipe, text that is stored as an object, or a range of a file of the tree. */
export type MadeSegment =
  | { text: string }
  | { object: string; from: number; to: number }
  | { path: string; from: number; to: number };

if (import.meta.main) await main(JSON.parse(Deno.args[0]!));

async function main(options: FuseDaemonOptions): Promise<void> {
  const logger = createLogger("daemon", options.logLevel ?? "error");
  raiseOpenFilesLimit();
  const root = options.source;
  const tree = new MemoryTree();
  const kind = options.remote ? "s3" as const : "local" as const;
  const others = options.others ?? 0;
  mirror(tree, root, "", { kind, others });
  const drifts: string[] = [];
  const engine = new EngineSupervisor({ start: () => startStandIn(root, tree), logger });
  const chunksDirectory = `${root}.chunks`;
  const cache = new EngineCache({
    chunksDirectory,
    logger,
    ask: (method, params, how) => engine.request(method, params, how),
  });
  const made = new RecipeBranch();
  let release = () => {};
  const library = new LibraryFileSystem(tree, {
    onDrift: (location) => drifts.push(location.path),
    cache,
    branches: [made.branch],
    ...(options.readDeadlineMs !== undefined && { readDeadlineMs: options.readDeadlineMs }),
  });
  const mounted = await mountFileSystem({
    mountpoint: options.mountpoint,
    allowOther: options.allowOther ?? false,
    readAheadKb: options.readAheadKb ?? 1024,
    logger,
  });
  const session = new FuseSession(mounted.fd, library, {
    uid: libc.getuid(),
    gid: libc.getgid(),
    passthrough: options.passthrough ?? false,
    ...(options.minorMax !== undefined && { minorMax: options.minorMax }),
    logger,
  });
  library.connect(session.kernel);
  const served = session.run();
  say({ ready: true });

  const locate = (path: string) => ({
    ...{ root, path, kind, others },
    ...versionOf(`${root}/${path}`),
  });
  const chunkStore = async () =>
    new DiskChunkStore(chunksDirectory, await loadChecksum(), { floor: () => 0 });
  const carryOut = async (command: FuseDaemonCommand): Promise<unknown> => {
    const told = async () => {
      const telling = library.treeChanged();
      if (!command.untold) await telling;
    };
    let node: NodeId;
    switch (command.op) {
      case "add":
        node = tree.addFile(command.path, locate(command.real ?? command.path));
        await told();
        return node;
      case "link":
        tree.link(command.path, command.other);
        return await told();
      case "unlink":
        tree.unlink(command.path);
        return await told();
      case "add_many": {
        const location = locate(command.real);
        for (let i = command.from; i < command.to; i++) {
          tree.addFile(`${command.directory}/${i}.flac`, location);
        }
        return await told();
      }
      case "refresh":
        tree.setVersion(command.path, locate(command.real ?? command.path));
        return await told();
      case "remove":
        tree.remove(command.path);
        return await told();
      case "remove_many":
        for (let i = command.from; i < command.to; i++) {
          tree.remove(`${command.directory}/${i}.flac`);
        }
        return await told();
      case "move":
        tree.move(command.from, command.to);
        return await told();
      case "prune":
        return tree.pruneChanges();
      case "told":
        return await told();
      case "make": {
        const store = await chunkStore();
        const segments = command.segments.map((segment) => segmentOf(segment, tree, store));
        made.make(command.version, new Recipe(await Promise.all(segments)));
        return await told();
      }
      case "branch": {
        if (command.ttl !== undefined) made.ttl = command.ttl;
        if (command.held === true) {
          const { promise, resolve } = Promise.withResolvers<void>();
          made.gate = promise;
          release = resolve;
        } else {
          made.gate = undefined;
          release();
        }
        return;
      }
      case "store": {
        const store = await chunkStore();
        const parts = await storeParts(store, `${root}/${command.path}`, command);
        tree.setParts(tree.at(command.path).id, parts);
        return await told();
      }
      case "unstore":
        tree.setParts(tree.at(command.path).id, []);
        return await told();
      case "engine":
        return await engine.request(command.method, command.params);
      case "stats":
        return {
          ...session.stats,
          ...library.counters,
          openFiles: library.openFiles,
          lookups: made.lookups,
          drifts,
          rss: Deno.memoryUsage().rss,
        };
    }
  };
  const commands = (async () => {
    for await (const line of lines(Deno.stdin.readable)) {
      try {
        say({ result: (await carryOut(JSON.parse(line))) ?? null });
      } catch (error) {
        say({ error: messageOf(error) });
      }
    }
    await mounted.unmount();
  })();
  await Promise.race([served, commands]);
  await engine.stop(1_000);
  Deno.exit(0);
}

/** Tells every new stand-in which number belongs to which file. */
function startStandIn(root: string, tree: MemoryTree): EngineLink {
  const program = new URL("./stand_in_engine.ts", import.meta.url).pathname;
  const link = linkEngine([Deno.execPath(), ["run", "--quiet", "-A", program, root]], {});
  for (const { file, path } of tree.locations()) {
    link.request("test.file", { file, path }, {}).catch(() => {});
  }
  return link;
}

async function storeParts(
  store: ChunkStore,
  path: string,
  { from, to, length }: { from: number; to: number; length: number },
): Promise<StoredPart[]> {
  const bytes = Deno.readFileSync(path);
  const parts: StoredPart[] = [];
  for (let offset = from; offset < to; offset += length) {
    const part = bytes.slice(offset, Math.min(to, offset + length));
    const hash = await nameOf(part);
    store.put(hash, part);
    parts.push({ offset, length: part.length, hash });
  }
  return parts;
}

async function segmentOf(
  made: MadeSegment,
  tree: MemoryTree,
  store: ChunkStore,
): Promise<Segment<FileLocation>> {
  const encoder = new TextEncoder();
  if ("text" in made) return { kind: "bytes", bytes: encoder.encode(made.text) };
  const { from, to } = made;
  if ("path" in made) {
    return { kind: "file", file: tree.location(tree.at(made.path).id)!, from, to };
  }
  const bytes = encoder.encode(made.object);
  const hash = await nameOf(bytes);
  store.put(hash, bytes);
  return { kind: "object", hash, size: bytes.length, from, to };
}

function mirror(
  tree: MemoryTree,
  root: string,
  below: string,
  how: { kind: FileLocation["kind"]; others: number },
): void {
  for (const { name, isDirectory } of Deno.readDirSync(below ? `${root}/${below}` : root)) {
    const path = below ? `${below}/${name}` : name;
    if (isDirectory) mirror(tree, root, path, how);
    else tree.addFile(path, { root, path, ...how, ...versionOf(`${root}/${path}`) });
  }
}

function versionOf(path: string): FileVersion {
  const fd = openFile(bytesFromString(path), 0);
  try {
    const { regular: _, ...version } = fileVersion(fd);
    return version;
  } finally {
    closeFile(fd);
  }
}

function say(message: unknown): void {
  const bytes = new TextEncoder().encode(`${JSON.stringify(message)}\n`);
  for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
}

async function* lines(input: ReadableStream<Uint8Array>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of input) {
    rest += decoder.decode(chunk, { stream: true });
    for (let end = rest.indexOf("\n"); end >= 0; end = rest.indexOf("\n")) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
    }
  }
}
