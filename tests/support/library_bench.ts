import assert from "node:assert/strict";
import type { FileVersion } from "../../events/facts/files.ts";
import { FakeCache } from "./fake_cache.ts";
import { MemoryTree } from "./memory_tree.ts";
import {
  bytesFromString,
  type ErrnoName,
  FileSystemError,
  LISTING_START,
  type NodeId,
} from "../../src/base/mod.ts";
import { closeFile, fileVersion, openFile } from "../../src/posix/mod.ts";
import type { OpenFile, PendingRead } from "../../src/vfs/filesystem.ts";
import { LibraryFileSystem } from "../../src/vfs/library_filesystem.ts";

/** A directory of real files, a tree that mirrors it, and the file system over that. */
export class LibraryBench implements Disposable {
  readonly root = Deno.makeTempDirSync();
  readonly tree: MemoryTree;
  readonly drifts: string[] = [];
  readonly cache = new FakeCache();
  readonly fs: LibraryFileSystem;

  constructor(tree = new MemoryTree()) {
    this.tree = tree;
    this.fs = new LibraryFileSystem(tree, {
      onDrift: ({ path }) => this.drifts.push(path),
      cache: this.cache,
    });
  }

  put(path: string, text: string, others = 0): NodeId {
    Deno.writeTextFileSync(`${this.root}/${path}`, text);
    return this.tree.addFile(path, { root: this.root, path, others, ...this.version(path) });
  }

  version(path: string): FileVersion {
    const fd = openFile(bytesFromString(`${this.root}/${path}`), 0);
    const version = fileVersion(fd);
    closeFile(fd);
    return version;
  }

  /** As who has looked at the directory before. */
  async open(id: NodeId): Promise<OpenFile> {
    const node = this.tree.node(id);
    if (node !== undefined) await this.fs.entries(node.parent, LISTING_START, 100);
    const file = await this.fs.open(id);
    this.fs.opened(file.handle);
    return file;
  }

  /** At once or later, as it comes. */
  async read(file: OpenFile, offset = 0, length = 100): Promise<string> {
    const into = new Uint8Array(length);
    const reading = this.fs.read(file.handle, offset, into);
    let count = typeof reading === "number" ? reading : undefined;
    while (count === undefined) {
      await (reading as PendingRead).ready();
      count = (reading as PendingRead).fill(into);
    }
    return new TextDecoder().decode(into.subarray(0, count));
  }

  /** The whole of it, once the engine has it at hand. */
  async readLater(file: OpenFile): Promise<string> {
    const into = new Uint8Array(100);
    const reading = this.fs.read(file.handle, 0, into);
    assert.ok(typeof reading !== "number");
    let count: number | undefined;
    while (count === undefined) {
      await reading.ready();
      count = reading.fill(into);
    }
    return new TextDecoder().decode(into.subarray(0, count));
  }

  [Symbol.dispose]() {
    this.cache[Symbol.dispose]();
    Deno.removeSync(this.root, { recursive: true });
  }
}

/** Asserts that a call throws, or rejects with, the error of a file system. */
export async function fails(errno: ErrnoName, call: () => unknown): Promise<void> {
  await assert.rejects(
    async () => await call(),
    (error) => error instanceof FileSystemError && error.errno === errno,
  );
}
