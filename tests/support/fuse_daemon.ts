/**
 * Serves a directory of real files, mirrored into a {@link MemoryTree}, from a process of its own. One JSON
 * command a line on standard input, one JSON answer a line on standard output; the first line says that the
 * mount answers. Ends when its input ends.
 *
 * usage: deno run -A fuse_daemon.ts '{"mountpoint": ..., "source": ..., ...}'
 *
 * @module
 */
import type { FileVersion } from "../../events/file_events.ts";
import { bytesFromString, createLogger, messageOf } from "../../src/base/mod.ts";
import { FuseSession, mountFileSystem } from "../../src/fuse/mod.ts";
import {
  closeFile,
  fileVersion,
  libc,
  openFile,
  raiseOpenFilesLimit,
} from "../../src/posix/mod.ts";
import { LibraryFileSystem } from "../../src/vfs/mod.ts";
import { MemoryTree } from "./memory_tree.ts";

export interface FuseDaemonOptions {
  mountpoint: string;
  source: string;
  passthrough?: boolean;
  allowOther?: boolean;
  readAheadKb?: number;
  logLevel?: "error" | "debug";
}

export type FuseDaemonCommand =
  | { op: "add"; path: string; real?: string }
  | { op: "add_many"; directory: string; from: number; to: number; real: string }
  | { op: "refresh"; path: string; real?: string }
  | { op: "remove"; path: string }
  | { op: "remove_many"; directory: string; from: number; to: number }
  | { op: "move"; from: string; to: string }
  | { op: "prune" }
  | { op: "told" }
  | { op: "stats" };

if (import.meta.main) await main(JSON.parse(Deno.args[0]!));

async function main(options: FuseDaemonOptions): Promise<void> {
  const logger = createLogger("daemon", options.logLevel ?? "error");
  raiseOpenFilesLimit();
  const root = options.source;
  const tree = new MemoryTree();
  mirror(tree, root, "");
  const drifts: string[] = [];
  const library = new LibraryFileSystem(tree, {
    onDrift: (location) => drifts.push(location.path),
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
    logger,
  });
  library.connect(session.kernel);
  const served = session.run();
  say({ ready: true });

  const locate = (path: string) => ({ root, path, ...versionOf(`${root}/${path}`) });
  const carryOut = async (command: FuseDaemonCommand): Promise<unknown> => {
    switch (command.op) {
      case "add":
        tree.addFile(command.path, locate(command.real ?? command.path));
        return await library.treeChanged();
      case "add_many": {
        const location = locate(command.real);
        for (let i = command.from; i < command.to; i++) {
          tree.addFile(`${command.directory}/${i}.flac`, location);
        }
        return await library.treeChanged();
      }
      case "refresh":
        tree.setVersion(command.path, locate(command.real ?? command.path));
        return await library.treeChanged();
      case "remove":
        tree.remove(command.path);
        return await library.treeChanged();
      case "remove_many":
        for (let i = command.from; i < command.to; i++) {
          tree.remove(`${command.directory}/${i}.flac`);
        }
        return await library.treeChanged();
      case "move":
        tree.move(command.from, command.to);
        return await library.treeChanged();
      case "prune":
        return tree.pruneChanges();
      case "told":
        return await library.treeChanged();
      case "stats":
        return {
          ...session.stats,
          openFiles: library.openFiles,
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
  Deno.exit(0);
}

function mirror(tree: MemoryTree, root: string, below: string): void {
  for (const { name, isDirectory } of Deno.readDirSync(below ? `${root}/${below}` : root)) {
    const path = below ? `${below}/${name}` : name;
    if (isDirectory) mirror(tree, root, path);
    else tree.addFile(path, { root, path, ...versionOf(`${root}/${path}`) });
  }
}

function versionOf(path: string): FileVersion {
  const fd = openFile(bytesFromString(path), 0);
  try {
    const { size, mtime_s, mtime_ns } = fileVersion(fd);
    return { size, mtime_s, mtime_ns };
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
