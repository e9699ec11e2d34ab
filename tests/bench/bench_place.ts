import {
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type MusicEvent, openEventLog } from "../../events/mod.ts";
import { openLibrary } from "../../projections/mod.ts";
import { selfCommand } from "../../src/base/mod.ts";
import { connectControl, type ControlClient } from "../../src/control/mod.ts";
import type { Status } from "../../src/control/protocol.ts";
import { namedFile } from "../support/named_library.ts";
import { syntheticEvents, type SyntheticOptions } from "../support/synthetic_library.ts";
import { BENCH_TEMPLATE } from "./bench_library.ts";
import { Mounted } from "./mounted_peer.ts";
import { processorSeconds } from "./processor_time.ts";

/** How many events one append has while a synthetic log is written. */
const APPEND_EVENTS = 16;
/** How soon the idle engine exits, so that it is gone when the mount is measured. */
const ENGINE_IDLE_MS = 1_000;

/** Tells how long the library of a synthetic place took. */
const PROJECTED = "projected.json";

const DEADLINE_MS = 600_000;
/** The engine waits less than this for further bytes before it stores those that have arrived. */
const STORED_MS = 1_000;

/** A table of the configuration file, and environment variables for the program. */
export interface BenchOrigin {
  readonly id: string;
  readonly type: string;
  readonly [key: string]: string | number | Record<string, string>;
  readonly environment: Record<string, string>;
}

/** An installation of MusicFS for measurements: its directories, and the mounts made from them in turn. */
export class BenchPlace {
  readonly mountpoint: string;
  readonly #base: string;

  readonly #environment: Record<string, string>;

  /** An origin that is a path is local, and named so. */
  constructor(base: string, ...origins: readonly (string | BenchOrigin)[]) {
    this.#base = base;
    this.mountpoint = join(base, "mnt");
    mkdirSync(this.mountpoint, { recursive: true });
    const given = origins.map((it) => typeof it === "string" ? localOrigin("local", it) : it);
    this.#environment = Object.assign({}, ...given.map(({ environment }) => environment));
    writeFileSync(
      this.#config,
      [
        `template = ${JSON.stringify(BENCH_TEMPLATE)}`,
        ...given.flatMap(({ environment: _, ...table }) => [
          "[[origins]]",
          ...Object.entries(table).map(([key, value]) => `${key} = ${JSON.stringify(value)}`),
        ]),
        "",
      ].join("\n"),
    );
  }

  /** The directory of the stored chunks. */
  get chunks(): string {
    return join(this.#base, "cache", "chunks");
  }

  /** The directory of the library. */
  get projections(): string {
    return join(this.#base, "cache", "projections");
  }

  /** Mounts without a scan. Reads are passed through where the process may do that. */
  mount(options: { passthrough?: boolean; engineIdleMs?: number } = {}): Promise<Mounted> {
    const [program, args] = selfCommand(["mount", this.mountpoint, "--no-scan", ...this.#globals]);
    return Mounted.start([program, ...args], this.mountpoint, {
      ...this.#environment,
      MUSICFS_ENGINE_IDLE_MS: String(options.engineIdleMs ?? ENGINE_IDLE_MS),
      MUSICFS_PASSTHROUGH: options.passthrough === false ? "off" : "on",
    });
  }

  connect(): Promise<ControlClient> {
    return connectControl(this.#socket);
  }

  /** Scans the origins, all when none is named, to the end. Returns the ms from the request to the answer. */
  async rescan(ids: string[] = []): Promise<number> {
    const client = await this.connect();
    try {
      const started = performance.now();
      await client.request("origin.rescan", { ids, full: false, wait: true }, {
        deadlineMs: DEADLINE_MS,
      });
      return performance.now() - started;
    } finally {
      client.close();
    }
  }

  /** Rebuilds the projections from the log. Returns files per second. */
  async replay(): Promise<number> {
    const client = await this.connect();
    try {
      const { files, duration_ms } = await client.request("events.replay", {}, {
        deadlineMs: DEADLINE_MS,
      });
      return files / duration_ms * 1_000;
    } finally {
      client.close();
    }
  }

  async status(): Promise<Status> {
    const client = await this.connect();
    try {
      return await client.request("status", {});
    } finally {
      client.close();
    }
  }

  /** Waits until everything that was read is stored, so that storing does not disturb the next measurement. */
  async stored(): Promise<void> {
    const end = Date.now() + DEADLINE_MS;
    for (let bytes = -1;;) {
      await new Promise((done) => setTimeout(done, STORED_MS));
      const before = bytes;
      bytes = (await this.status()).cache.bytes;
      if (bytes === before) return;
      if (Date.now() > end) throw new Error("It is stored and stored");
    }
  }

  /** Waits until the engine has exited. */
  async quiet(): Promise<void> {
    const end = Date.now() + 60_000;
    while ((await this.status()).engine.state !== "off") {
      if (Date.now() > end) throw new Error("The engine does not leave");
      await new Promise((done) => setTimeout(done, 200));
    }
  }

  get #config(): string {
    return join(this.#base, "config.toml");
  }

  get #socket(): string {
    return join(this.#base, "control.sock");
  }

  get #globals(): string[] {
    return [
      ...["--config", this.#config],
      ...["--state-dir", join(this.#base, "state")],
      ...["--cache-dir", join(this.#base, "cache")],
      ...["--socket", this.#socket],
    ];
  }
}

export function localOrigin(id: string, path: string): BenchOrigin {
  return { id, type: "local", path, environment: {} };
}

/** Runs `use` with a place that is removed afterwards. It lies below `directory`, or among the temporary files. */
export async function withPlace<T>(
  origin: string | BenchOrigin,
  use: (place: BenchPlace) => Promise<T>,
  directory?: string,
): Promise<T> {
  const base = await Deno.makeTempDir({
    prefix: "musicfs-bench-",
    ...directory === undefined ? {} : { dir: directory },
  });
  try {
    return await use(new BenchPlace(base, origin));
  } finally {
    await Deno.remove(base, { recursive: true });
  }
}

/** A place whose library knows `tracks` tracks that do not exist. It is made once, and brought up to date each time. */
export async function syntheticPlace(cache: string, tracks: number): Promise<BenchPlace> {
  const base = placeOf(cache, tracks);
  const origin = await madePlace(base, tracks);
  return new BenchPlace(base, origin);
}

/** The same with names as real libraries have them. Files can be put into its origin `found`, which is empty at first. */
export async function namedPlace(
  cache: string,
  tracks: number,
): Promise<{ place: BenchPlace; found: string }> {
  const base = join(cache, `named-1-${tracks}`);
  const origin = await madePlace(base, tracks, { file: namedFile });
  const found = join(base, "found");
  mkdirSync(found, { recursive: true });
  return { place: new BenchPlace(base, origin, localOrigin("found", found)), found };
}

/** Makes the log and the library of a place. Returns the root of its origin. */
async function madePlace(
  base: string,
  tracks: number,
  options: SyntheticOptions = {},
): Promise<string> {
  const origin = join(base, "origin");
  if (!existsSync(base)) {
    const unfinished = `${base}.unfinished`;
    rmSync(unfinished, { recursive: true, force: true });
    mkdirSync(join(unfinished, "origin"), { recursive: true });
    await writeLog(join(unfinished, "state"), tracks, { ...options, root: origin });
    renameSync(unfinished, base);
  }
  const log = openEventLog(join(base, "state"));
  const directory = join(base, "cache", "projections");
  const before = processorSeconds();
  const projector = await openLibrary({ directory, log });
  if (projector.rebuilt?.files === tracks) {
    const { duration_ms, file } = projector.rebuilt;
    const cpuS = processorSeconds() - before;
    const bytes = statSync(join(directory, file)).size;
    const projected: Projected = { s: duration_ms / 1000, cpuS, bytes };
    writeFileSync(join(base, PROJECTED), JSON.stringify(projected));
  }
  // A projection that is new to the library is filled in the background.
  await projector.filled();
  await projector.close();
  await log.close();
  return origin;
}

function placeOf(cache: string, tracks: number): string {
  return join(cache, `synthetic-1-${tracks}`);
}

/** The making of a library from a log: seconds, seconds of processor time, and the size of the file in bytes. */
export interface Projected {
  readonly s: number;
  readonly cpuS: number;
  readonly bytes: number;
}

/** How long the library of a synthetic place took, in the run that made it; undefined when none has. */
export function projectedIn(cache: string, tracks: number): Projected | undefined {
  try {
    return JSON.parse(readFileSync(join(placeOf(cache, tracks), PROJECTED), "utf8")) as Projected;
  } catch {
    return undefined;
  }
}

async function writeLog(
  directory: string,
  tracks: number,
  options: SyntheticOptions,
): Promise<void> {
  mkdirSync(directory, { recursive: true });
  const log = openEventLog(directory);
  let batch: MusicEvent[] = [];
  for (const event of syntheticEvents(tracks, { ...options, template: BENCH_TEMPLATE })) {
    if (batch.push(event) < APPEND_EVENTS) continue;
    await log.append(batch);
    batch = [];
  }
  await log.append(batch);
  await log.close();
}
