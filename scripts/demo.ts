/**
 * Shows MusicFS to somebody who has just cloned it.
 *
 *     deno task demo [DIR]
 *
 * Mounts DIR, or a small library made for the purpose, in a temporary place, takes a tour of it and stays
 * until Ctrl-C; without a terminal it ends after the tour. Nothing of it stays behind.
 *
 * @module
 */
import { createHash } from "node:crypto";
import { basename, join, resolve } from "node:path";
import {
  formatBytes,
  formatCount,
  formatDuration,
  messageOf,
  plural,
  selfCommand,
  UserError,
} from "../src/base/mod.ts";
import type { Status } from "../src/control/protocol.ts";
import { makeDemoLibrary } from "./demo_library.ts";

const MOUNT_DEADLINE_MS = 30_000;
const TREE_LINES = 18;
const READ_BYTES = 1 << 20;

/** Everything that the demo makes; disposing of it ends and removes all of it. */
class Demo implements AsyncDisposable {
  readonly base = Deno.makeTempDirSync({ prefix: "musicfs-demo-" });
  readonly mountpoint = join(this.base, "music");
  #daemon: Deno.ChildProcess | undefined;
  #ended = false;

  /** Starts `musicfs mount` as a child and waits until it answers. */
  async mount(origin: string): Promise<void> {
    Deno.mkdirSync(this.mountpoint);
    const [program, args] = selfCommand([
      "mount",
      this.mountpoint,
      "--origin",
      origin,
      ...this.#directories(),
    ]);
    this.#daemon = new Deno.Command(program, {
      args,
      env: this.#environment(),
      stdin: "null",
      stdout: "null",
    }).spawn();
    this.#daemon.status.then(() => this.#ended = true);
    const deadline = Date.now() + MOUNT_DEADLINE_MS;
    while ((await this.status())?.mounts.length !== 1) {
      if (this.#ended) throw new UserError("The mount did not come up");
      if (Date.now() > deadline) throw new UserError("The mount does not answer");
      await pause(50);
    }
  }

  /** Waits for the first scan, and tells its progress, since a library of a million files takes minutes. */
  async scanned(): Promise<Status> {
    let told = Date.now();
    while (true) {
      const status = await this.status();
      if (status === undefined) throw new UserError("The mount has gone away");
      const { scan, origins } = status;
      if (!scan.running && origins.every(({ last_scan_at }) => last_scan_at !== null)) {
        return status;
      }
      if (Date.now() - told > 2_000) {
        say(`  ${formatCount(scan.read)} files read, ${formatCount(scan.per_second)} a second`);
        told = Date.now();
      }
      await pause(100);
    }
  }

  /** Runs a command of the program and returns what it printed; undefined when it failed. */
  async musicfs(...args: string[]): Promise<string | undefined> {
    const [program, argv] = selfCommand([...args, ...this.#directories()]);
    const { success, stdout } = await new Deno.Command(program, {
      args: argv,
      env: this.#environment(),
      stdin: "null",
      stderr: "null",
    }).output();
    return success ? new TextDecoder().decode(stdout).trimEnd() : undefined;
  }

  async status(): Promise<Status | undefined> {
    const text = await this.musicfs("status", "--json");
    return text === undefined ? undefined : JSON.parse(text);
  }

  /** Resolves when the mount has ended by itself. */
  async ended(): Promise<void> {
    await this.#daemon?.status;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#daemon !== undefined && !this.#ended) {
      this.#daemon.kill("SIGTERM");
      await this.#daemon.status;
    }
    // A mount process that died leaves its mount, and the directory can't be removed below a mount.
    await this.musicfs("unmount", this.mountpoint);
    await Deno.remove(this.base, { recursive: true });
  }

  #directories(): string[] {
    return [
      ...["--state-dir", join(this.base, "state")],
      ...["--cache-dir", join(this.base, "cache")],
      ...["--socket", join(this.base, "control.sock")],
    ];
  }

  /** The user's own configuration must not affect the demo. */
  #environment(): Record<string, string> {
    return { XDG_CONFIG_HOME: join(this.base, "config") };
  }
}

function say(text = ""): void {
  console.log(text);
}

function title(text: string): void {
  const [start, end] = Deno.stdout.isTerminal() ? ["\x1b[1m", "\x1b[0m"] : ["", ""];
  say(`\n${start}${text}${end}`);
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => setTimeout(done, ms));
}

interface Entry {
  path: string;
  name: string;
  depth: number;
  directory: boolean;
}

/** Everything below a directory, in the order in which a person would read it. */
function* entriesBelow(directory: string, depth = 0): Generator<Entry> {
  const entries = [...Deno.readDirSync(directory)];
  entries.sort((a, b) => a.name.localeCompare(b.name));
  for (const { name, isDirectory } of entries) {
    const path = join(directory, name);
    yield { path, name, depth, directory: isDirectory };
    if (isDirectory) yield* entriesBelow(path, depth + 1);
  }
}

function showTree(mountpoint: string): void {
  title("The tree");
  let lines = 0;
  for (const { name, depth, directory } of entriesBelow(mountpoint)) {
    if (lines++ === TREE_LINES) {
      say("  …");
      return;
    }
    say(`${"  ".repeat(depth + 1)}${name}${directory ? "/" : ""}`);
  }
}

function showListing(directory: string, mountpoint: string): void {
  title(`ls -l ${directory.slice(mountpoint.length + 1)}`);
  const entries = [...entriesBelow(directory)].filter((entry) => !entry.directory);
  for (const { path, name } of entries.slice(0, 12)) {
    const { size, mtime } = Deno.statSync(path);
    const time = mtime?.toISOString().slice(0, 16).replace("T", " ");
    say(`  ${formatBytes(size).padStart(8)}  ${time}  ${name}`);
  }
}

interface ReadThrough {
  bytes: number;
  ms: number;
  sha256: string;
}

function readThrough(path: string): ReadThrough {
  const timed = Deno.openSync(path);
  const buffer = new Uint8Array(READ_BYTES);
  const started = performance.now();
  let bytes = 0;
  for (let count; (count = timed.readSync(buffer)) !== null;) bytes += count;
  const ms = performance.now() - started;
  timed.close();
  // The hash is computed in a second pass, which the measured speed does not include.
  const hash = createHash("sha256");
  const hashed = Deno.openSync(path);
  for (let count; (count = hashed.readSync(buffer)) !== null;) {
    hash.update(buffer.subarray(0, count));
  }
  hashed.close();
  return { bytes, ms, sha256: hash.digest("hex") };
}

async function showReading(demo: Demo, path: string): Promise<void> {
  title(`Reading ${basename(path)}`);
  const { bytes, ms, sha256 } = readThrough(path);
  const rate = formatBytes(bytes / (ms / 1_000));
  say(`  ${formatBytes(bytes)} in ${formatDuration(ms)}, ${rate} a second`);
  const shown = await demo.musicfs("track", "show", path, "--json");
  const original = shown === undefined ? undefined : originalOf(JSON.parse(shown));
  if (original === undefined) throw new UserError(`Cannot tell where ${path} comes from`);
  say(`  comes from ${original}`);
  const same = readThrough(original).sha256 === sha256;
  say(
    `  sha256 ${sha256.slice(0, 16)}… ${
      same ? "is that of the original" : "DIFFERS from the original"
    }`,
  );
  if (!same) throw new UserError("The mount gave other bytes than the file holds");
}

/** The path of a track's original, according to `track show --json`. */
function originalOf(shown: { locations?: { real_path: string }[]; real_path?: string }) {
  return shown.real_path ?? shown.locations?.[0]?.real_path;
}

async function showCommand(
  demo: Demo,
  lines: number,
  ...args: string[]
): Promise<void> {
  title(`musicfs ${args.join(" ")}`);
  const output = (await demo.musicfs(...args) ?? "").split("\n").slice(-lines);
  for (const line of output) say(`  ${line}`);
}

/** The longest file: reading it says most about speed. */
function longestFile(mountpoint: string): string {
  let longest = { path: "", size: -1 };
  let looked = 0;
  for (const { path, directory } of entriesBelow(mountpoint)) {
    if (directory) continue;
    const { size } = Deno.statSync(path);
    if (size > longest.size) longest = { path, size };
    if (++looked === 2_000) break;
  }
  if (longest.size < 0) throw new UserError("There is no music in the mount");
  return longest.path;
}

async function tour(demo: Demo, status: Status): Promise<void> {
  const [mount] = status.mounts;
  const { tracks, albums, artists, bytes } = status.library;
  say(`  mounted at ${demo.mountpoint} in ${formatDuration(mount?.mounted_in_ms ?? 0)}`);
  const counts = [plural(tracks, "track"), plural(albums, "album"), plural(artists, "artist")];
  say(`  ${counts.join(", ")}, ${formatBytes(bytes)}`);
  showTree(demo.mountpoint);
  const longest = longestFile(demo.mountpoint);
  showListing(resolve(longest, ".."), demo.mountpoint);
  await showReading(demo, longest);
  await showCommand(demo, 5, "events", "list");
  await showCommand(demo, 30, "status");
}

/** Resolves at Ctrl-C, at the end of the terminal, or when asked to end. */
function interrupted(): Promise<void> {
  return new Promise((done) => {
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
      Deno.addSignalListener(signal, () => done());
    }
  });
}

async function checkMachine(): Promise<void> {
  if (Deno.build.os !== "linux") {
    throw new UserError("Cannot mount: MusicFS runs on Linux", {
      hint: "on other systems, try it in a virtual machine",
    });
  }
  const device = await Deno.stat("/dev/fuse").catch(() => undefined);
  if (device === undefined) {
    throw new UserError("Cannot mount without /dev/fuse", {
      hint: "load the module (modprobe fuse); in a container, start it with " +
        "--device /dev/fuse --cap-add SYS_ADMIN",
    });
  }
}

async function main(directory: string | undefined): Promise<void> {
  await checkMachine();
  await using demo = new Demo();
  const interrupt = interrupted();
  title("MusicFS demo");
  let origin: string;
  if (directory === undefined) {
    origin = join(demo.base, "files");
    const { files, bytes } = makeDemoLibrary(origin);
    say(`  made ${files} tagged files, ${formatBytes(bytes)}, in ${origin}`);
  } else {
    origin = await Deno.realPath(directory).catch(() => {
      throw new UserError(`Cannot find ${directory}`, { hint: "name a folder of music" });
    });
  }
  const stopped = interrupt.then(() => "stopped" as const);
  const shown = (async () => {
    await demo.mount(origin);
    await tour(demo, await demo.scanned());
  })();
  if (await Promise.race([shown, stopped]) === "stopped") {
    // The tour's current step fails when the mount ends under it; that error is of no interest.
    shown.catch(() => {});
    return;
  }
  if (!Deno.stdin.isTerminal() || !Deno.stdout.isTerminal()) return;
  title(`Look around in ${demo.mountpoint}; Ctrl-C unmounts it and removes everything.`);
  await Promise.race([interrupt, demo.ended()]);
}

if (import.meta.main) {
  // A task runs in the project's directory, while the user means the directory that they are in.
  const from = Deno.env.get("INIT_CWD");
  if (from !== undefined) Deno.chdir(from);
  try {
    await main(Deno.args[0]);
    Deno.exit(0);
  } catch (error) {
    console.error(`\nmusicfs demo: ${messageOf(error)}`);
    if (error instanceof UserError && error.hint !== undefined) console.error(`  ${error.hint}`);
    Deno.exit(1);
  }
}
