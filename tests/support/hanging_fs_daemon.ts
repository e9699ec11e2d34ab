/**
 * Serves a directory of real files, in its state at each moment, from a process of its own, as badly as it is told
 * to. It takes one JSON command a line on standard input, and gives one JSON answer a line on standard output; the
 * first line says that the mount answers. It ends with its input.
 *
 * usage: deno run -A hanging_fs_daemon.ts '{"mountpoint": ..., "source": ...}'
 *
 * @module
 */
import { type Entry, type Node, ROOT_ID } from "../../projections/tree/tree_types.ts";
import {
  createLogger,
  type ErrnoName,
  FileSystemError,
  FIRST_FILE_ID,
  messageOf,
  type NodeId,
  toCookie,
  toNodeId,
  toNodeVersion,
} from "../../src/base/mod.ts";
import { detachMount, FuseSession, mountFileSystem } from "../../src/fuse/mod.ts";
import { libc } from "../../src/posix/mod.ts";
import type { FileSystem, OpenFile, PendingRead } from "../../src/vfs/filesystem.ts";
import type { KernelCache } from "../../src/vfs/core/kernel_cache.ts";

/** What the kernel asks; `totals` is statfs. */
export type Question = "lookup" | "attributes" | "entries" | "open" | "read" | "totals" | "xattr";

/** The behaviour from now on. The kernel forgets what it was told before. */
export interface Behaviour {
  /** How long every answer takes, in ms. */
  readonly slowMs: number;
  /** The error of opening and reading files, and of lookups. */
  readonly failure: ErrnoName | null;
  /** Whether reads stay unanswered until the behaviour changes. */
  readonly readsHang: boolean;
  /**
   * With this many unanswered reads, no more requests are taken: no signal reaches their callers, since the kernel
   * waits for a request that it has handed over.
   */
  readonly hungReadsMax: number | null;
  /** Reads of files whose names contain this text fail with EIO. */
  readonly badFiles: string | null;
  /** Whether names and attributes are valid for no time, so that the kernel asks again at each look. */
  readonly isForgetful: boolean;
  /** Nothing is answered any more from the first question of this kind on. */
  readonly stallsAt: Question | null;
}

interface RealFile {
  readonly id: NodeId;
  readonly parent: NodeId;
  readonly name: string;
  readonly path: string;
}

class BadFileSystem implements FileSystem {
  readonly #source: string;
  readonly #nodes = new Map<NodeId, RealFile>();
  readonly #byPath = new Map<string, RealFile>();
  readonly #open = new Map<number, { readonly file: Deno.FsFile; readonly name: string }>();
  readonly #pause = new Int32Array(new SharedArrayBuffer(4));
  #behaviour: Behaviour = {
    slowMs: 0,
    failure: null,
    readsHang: false,
    hungReadsMax: null,
    badFiles: null,
    isForgetful: false,
    stallsAt: null,
  };
  #recovery = Promise.withResolvers<void>();
  #lastHandle = 0;
  #hungReads = 0;

  constructor(source: string) {
    this.#source = source;
    this.#nodes.set(ROOT_ID, { id: ROOT_ID, parent: ROOT_ID, name: "", path: "" });
  }

  async behave(behaviour: Behaviour, kernel: KernelCache): Promise<void> {
    this.#behaviour = behaviour;
    this.#hungReads = 0;
    this.#recovery.resolve();
    this.#recovery = Promise.withResolvers();
    for (const { id, parent, name } of this.#nodes.values()) {
      await kernel.nodeChanged(id, true);
      if (id !== ROOT_ID) await kernel.entryChanged(parent, name);
    }
  }

  lookup(parent: NodeId, name: string): Entry | undefined {
    this.#misbehave("lookup");
    return this.#entry(this.#child(parent, name));
  }

  forgotten(): void {}

  attributes(id: NodeId): Node | undefined {
    this.#misbehave("attributes");
    return this.#describe(this.#nodes.get(id)!);
  }

  hasOldOpen(): boolean {
    return this.#behaviour.isForgetful;
  }

  missingTtl(): number {
    return this.#behaviour.isForgetful ? 0 : Infinity;
  }

  entries(directory: NodeId, after: number, limit: number): readonly Entry[] {
    this.#misbehave("entries");
    const names = [...Deno.readDirSync(this.#pathOf(directory))].map(({ name }) => name);
    return names.map((name) => this.#entry(this.#child(directory, name))!)
      .filter(({ cookie }) => cookie > after)
      .sort((a, b) => a.cookie - b.cookie)
      .slice(0, limit);
  }

  open(id: NodeId): OpenFile {
    this.#misbehave("open");
    const handle = ++this.#lastHandle;
    const file = Deno.openSync(this.#pathOf(id));
    this.#open.set(handle, { file, name: this.#nodes.get(id)!.name });
    return { handle, keepCache: false, direct: true, passable: false };
  }

  opened(): void {}

  read(handle: number, offset: number, into: Uint8Array<ArrayBuffer>): number | PendingRead {
    if (!this.#behaviour.readsHang) return this.#fill(handle, offset, into);
    if (++this.#hungReads === this.#behaviour.hungReadsMax) Deno.kill(Deno.pid, "SIGSTOP");
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#recovery.promise.then(resolve);
    return {
      ready: () => promise,
      fill: (bytes) => this.#fill(handle, offset, bytes),
      cancel: reject,
    };
  }

  release(handle: number): void {
    this.#open.get(handle)?.file.close();
    this.#open.delete(handle);
  }

  totals() {
    this.#misbehave("totals");
    return { bytes: 0, files: 0 };
  }

  descriptor(): number {
    throw new FileSystemError("EBADF");
  }

  passedThrough(): void {}

  xattrNames(): readonly string[] {
    return [];
  }

  xattr(): undefined {
    this.#stall("xattr");
  }

  #fill(handle: number, offset: number, into: Uint8Array<ArrayBuffer>): number {
    this.#misbehave("read");
    const { file, name } = this.#open.get(handle)!;
    const { badFiles } = this.#behaviour;
    if (badFiles !== null && name.includes(badFiles)) throw new FileSystemError("EIO");
    file.seekSync(offset, Deno.SeekMode.Start);
    return file.readSync(into) ?? 0;
  }

  #stall(question: Question): void {
    if (this.#behaviour.stallsAt === question) Deno.kill(Deno.pid, "SIGSTOP");
  }

  #misbehave(question: Question): void {
    this.#stall(question);
    const { slowMs, failure } = this.#behaviour;
    if (slowMs > 0) Atomics.wait(this.#pause, 0, 0, slowMs);
    if (failure !== null) throw new FileSystemError(failure);
  }

  #child(parent: NodeId, name: string): RealFile {
    const { path: above } = this.#nodes.get(parent)!;
    const path = above === "" ? name : `${above}/${name}`;
    let node = this.#byPath.get(path);
    if (node === undefined) {
      node = { id: toNodeId(FIRST_FILE_ID + this.#nodes.size), parent, name, path };
      this.#nodes.set(node.id, node);
      this.#byPath.set(path, node);
    }
    return node;
  }

  #entry(file: RealFile): Entry | undefined {
    const node = this.#describe(file);
    return node && { cookie: toCookie(file.id), name: file.name, node, ttl: this.missingTtl() };
  }

  #describe({ id, parent, path }: RealFile): Node | undefined {
    let status: Deno.FileInfo;
    try {
      status = Deno.statSync(`${this.#source}/${path}`);
    } catch {
      return undefined;
    }
    const mtime_s = Math.floor((status.mtime?.getTime() ?? 0) / 1_000);
    const kind = status.isDirectory ? "directory" : "file";
    const size = status.isDirectory ? 0 : status.size;
    return { id, kind, parent, size, mtime_s, mtime_ns: 0, version: toNodeVersion(1) };
  }

  #pathOf(id: NodeId): string {
    return `${this.#source}/${this.#nodes.get(id)!.path}`;
  }
}

if (import.meta.main) await main(JSON.parse(Deno.args[0]!));

async function main({ mountpoint, source }: { mountpoint: string; source: string }) {
  const logger = createLogger("hanging", "error");
  const fileSystem = new BadFileSystem(source);
  const mounted = await mountFileSystem({
    mountpoint,
    allowOther: false,
    readAheadKb: 128,
    logger,
  });
  const session = new FuseSession(mounted.fd, fileSystem, {
    uid: libc.getuid(),
    gid: libc.getgid(),
    passthrough: false,
    logger,
  });
  const served = session.run();
  say({ ready: true });
  try {
    await Promise.race([served, obey(fileSystem, session.kernel)]);
  } finally {
    await detachMount(mounted.mountpoint);
    Deno.exit(0);
  }
}

async function obey(fileSystem: BadFileSystem, kernel: KernelCache): Promise<void> {
  for await (const line of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const error = await fileSystem.behave(JSON.parse(line), kernel).catch(messageOf);
    say({ error: error ?? null });
  }
}

function say(message: unknown): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
}
