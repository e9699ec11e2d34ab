import assert from "node:assert/strict";
import { join } from "node:path";
import { toFileId } from "../../src/base/mod.ts";
import {
  CACHE_VOCABULARY,
  type CacheEvent,
  type MusicEvent,
  openEventLog,
} from "../../events/mod.ts";
import { denoDirectory } from "./deno_directory.ts";

/** The program, as `deno run` takes it. */
export const MAIN = new URL("../../main.ts", import.meta.url).pathname;

export interface Result {
  code: number;
  stdout: string;
  stderr: string;
}

/** A home directory of its own, and the program that runs in it. */
export class Home implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "musicfs-cli-" });
  readonly stateDir = join(this.path, ".local/state/musicfs");
  readonly cacheDir = join(this.path, ".cache/musicfs");
  readonly music = join(this.path, "Music");
  readonly environment: Record<string, string>;

  constructor() {
    Deno.mkdirSync(this.music);
    this.environment = {
      HOME: this.path,
      PATH: Deno.env.get("PATH") ?? "",
      // The program's packages stay where they are, whatever the home directory.
      DENO_DIR: denoDirectory(),
    };
  }

  command(args: readonly string[]): Deno.Command {
    return new Deno.Command("timeout", {
      args: ["-k", "5", "30", Deno.execPath(), "run", "--quiet", "-A", MAIN, ...args],
      clearEnv: true,
      env: this.environment,
      cwd: this.path,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
  }

  async musicfs(...args: string[]): Promise<Result> {
    const { code, stdout, stderr } = await this.command(args).output();
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** Runs with `--json` and insists that stdout is one document. */
  // deno-lint-ignore no-explicit-any
  async json(...args: string[]): Promise<{ code: number; value: any; stderr: string }> {
    const { code, stdout, stderr } = await this.musicfs(...args, "--json");
    return { code, value: JSON.parse(stdout), stderr };
  }

  config(text: string): void {
    Deno.mkdirSync(join(this.path, ".config/musicfs"), { recursive: true });
    Deno.writeTextFileSync(join(this.path, ".config/musicfs/config.toml"), text);
  }

  async append(...events: MusicEvent[]): Promise<void> {
    const log = openEventLog(this.stateDir);
    await log.append(events);
    await log.close();
  }

  /** Begins the cache log of the library, with these events. */
  async cached(...events: CacheEvent[]): Promise<void> {
    const library = openEventLog(this.stateDir, { readOnly: true });
    const log = openEventLog(`${this.cacheDir}/chunks/log`, {
      about: { library: library.id, store: crypto.randomUUID() },
      vocabulary: CACHE_VOCABULARY,
    });
    await log.append(events);
    await log.close();
    await library.close();
  }

  /** Makes a log with one origin and two files, and the library of that log. */
  async library(): Promise<void> {
    const version = { size: 1_000, mtime_s: 1_700_000_000, mtime_ns: 5 };
    await this.append(
      {
        type: "TemplateChanged",
        v: 1,
        data: { template: "$artist/$album/$track - $title.$format" },
      },
      {
        type: "OriginConfigured",
        v: 1,
        data: { origin: "music", kind: "local", root: this.music, priority: 1 },
      },
      { type: "ScanStarted", v: 1, data: { origin: "music", scan: 1, mode: "full" } },
      {
        type: "FilesObserved",
        v: 1,
        data: {
          origin: "music",
          scan: 1,
          position: "x",
          files: [
            {
              file: toFileId(1024),
              path: "Artist/Album/01 From Path.flac",
              ...version,
              format: "flac",
              tags: { artist: "Tagged Artist", album: "Tagged Album" },
              properties: { codec: "FLAC", duration_ms: 61_000, sample_rate: 44_100, channels: 2 },
            },
            {
              file: toFileId(1025),
              path: "bad\n\uef80.mp3",
              ...version,
              unreadable: "No MPEG frame",
            },
          ],
        },
      },
      {
        type: "ScanCompleted",
        v: 1,
        data: {
          origin: "music",
          scan: 1,
          mode: "full",
          listed: 2,
          read: 2,
          unreadable: 1,
          removed: 0,
          unlisted: [{ path: "locked", reason: "Permission denied" }],
          duration_ms: 12,
        },
      },
    );
    const { code, stderr } = await this.musicfs("events", "replay");
    assert.equal(code, 0, stderr);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
