/**
 * An installation over one remote origin, for tests of failures: every byte that is read is right or refused, and
 * nothing waits beyond its deadline.
 *
 * @module
 */
import assert from "node:assert/strict";
import { CACHE_VOCABULARY, type MusicEvent, openEventLog } from "../../events/mod.ts";
import { connectControl } from "../../src/control/mod.ts";
import type { OriginStatus } from "../../src/control/protocol.ts";
import { chunkFilesIn } from "./chunk_files.ts";
import { Installation } from "./daemon.ts";
import { needs } from "./needs.ts";
import {
  type LibraryFile,
  libraryFiles,
  noisyWav,
  readLibrary,
  type ReadOutcome,
  type RemotePlace,
  tagsOf,
  writeOriginals,
} from "./remote_library.ts";
import { S3Front } from "./s3_front.ts";
import { S3Server, setS3Credentials } from "./s3_server.ts";
import { hasSftpServer } from "./sftp_server.ts";
import { until } from "./until.ts";

const ready = needs("/dev/fuse", "python3", "timeout") && hasSftpServer();
export const DEADLINE_MS = 1_500;
/**
 * Longest time of a call, in ms: several time-outs in a row on a busy machine; no deadline of the program exceeds 30 s.
 */
export const CALL_MS_MAX = 10_000;

/** An installation over one origin, and the files that it must show. */
export class Scene implements AsyncDisposable {
  readonly it: Installation;
  readonly files: readonly LibraryFile[];
  readonly table: string;
  readonly #originals = Deno.makeTempDirSync();

  constructor(table: string, files: readonly LibraryFile[]) {
    this.files = files;
    this.table = table;
    this.it = new Installation({ config: table });
    this.it.env = {
      MUSICFS_DEADLINE_MS: String(DEADLINE_MS),
      MUSICFS_HEALTH_CHECK_MS: "1000",
      MUSICFS_WATCH: "off",
    };
    writeOriginals(this.#originals, files);
  }

  static on(place: RemotePlace, files: readonly LibraryFile[] = libraryFiles()): Scene {
    const scene = new Scene(place.table, files);
    for (const { path, bytes } of files) place.put(path, bytes);
    place.admit(scene.it);
    return scene;
  }

  get chunks(): string {
    return `${this.it.cacheDir}/chunks`;
  }

  /** Reads every file. Returns the distinct outcomes; fails when a byte is wrong or a call takes too long. */
  async read(callMsMax: number = CALL_MS_MAX): Promise<ReadOutcome[]> {
    const { paths, files, slowest_ms } = await readLibrary(this.it.mountpoint, this.#originals);
    assert.deepEqual(paths, this.files.map(({ virtualPath }) => virtualPath).sort());
    for (const [call, ms] of Object.entries(slowest_ms)) {
      assert.ok(ms < callMsMax, `${call} took ${ms} ms\n${this.it.log}`);
    }
    return [...new Set(Object.values(files).flatMap(({ seek, whole }) => [seek, whole]))].sort();
  }

  /** Fails unless every byte is given, and right. */
  async readsRight(callMsMax?: number): Promise<void> {
    assert.deepEqual(await this.read(callMsMax), ["right"], this.it.log);
  }

  async origin(): Promise<OriginStatus> {
    return (await this.it.status()).origins[0]!;
  }

  async isUp(): Promise<void> {
    await until("the origin is up", CALL_MS_MAX, async () => (await this.origin()).health === "up");
  }

  async clearCache(): Promise<void> {
    const client = await connectControl(this.it.socket);
    try {
      await client.request("cache.clear", { origin: null });
    } finally {
      client.close();
    }
  }

  /** Unmounts and mounts again, so that nothing in memory answers for the disk. */
  async remount(): Promise<void> {
    assert.equal(await this.it.unmount(), 0, this.it.log);
    await this.it.mount();
  }

  events<Type extends MusicEvent["type"]>(type: Type): Extract<MusicEvent, { type: Type }>[] {
    const isOfCache = Object.hasOwn(CACHE_VOCABULARY.events, type);
    const directory = isOfCache ? `${this.chunks}/log` : this.it.stateDir;
    const log = openEventLog(directory, {
      readOnly: true,
      ...(isOfCache && { vocabulary: CACHE_VOCABULARY }),
    });
    try {
      return [...log.read()].filter((event) => event.type === type) as never[];
    } finally {
      void log.close();
    }
  }

  /** Paths of chunk files, sorted. */
  chunkFiles(): string[] {
    return chunkFilesIn(this.chunks);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.it[Symbol.asyncDispose]();
    await Deno.remove(this.#originals, { recursive: true });
  }
}

/** A bucket behind a proxy that a test can make misbehave. */
export class Bucket implements AsyncDisposable {
  readonly server: S3Server;
  readonly front: S3Front;
  readonly scene: Scene;

  private constructor(server: S3Server, front: S3Front, files: readonly LibraryFile[]) {
    this.server = server;
    this.front = front;
    const endpoint = `http://127.0.0.1:${front.port}`;
    this.scene = new Scene(
      `[[origins]]\ntype = "s3"\nid = "s3"\nbucket = "music"\nendpoint = "${endpoint}"\n`,
      files,
    );
    server.createBucket("music");
    for (const { path, bytes } of files) server.put("music", path, bytes);
  }

  static async open(files: readonly LibraryFile[] = libraryFiles()): Promise<Bucket> {
    const server = await S3Server.open();
    return new Bucket(server, await S3Front.open(server.port), files);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.scene[Symbol.asyncDispose]();
    await this.front.close();
    await this.server.close();
    setS3Credentials();
  }
}

export function test(
  name: string,
  fn: (t: Deno.TestContext) => Promise<void>,
  isPossible = true,
): void {
  Deno.test({ name, ignore: !ready || !isPossible, fn });
}

/** Waits until all fetched bytes are stored. */
export async function settled({ it }: Scene): Promise<void> {
  let before = -1;
  let since = Date.now();
  await until("what was fetched is stored", CALL_MS_MAX, async () => {
    const { events: { last_seq, cache_last_seq } } = await it.status();
    const seq = last_seq + cache_last_seq;
    if (seq !== before) since = Date.now();
    before = seq;
    return Date.now() - since > 1_000;
  });
}

/** Waits until everything is read right: a request just before may have found the origin down. */
export async function rightAgain(scene: Scene): Promise<void> {
  await until(
    "everything is read right",
    3 * CALL_MS_MAX,
    async () => (await scene.read()).join() === "right",
  );
}

export function smallFile(track: number): LibraryFile {
  const tags = tagsOf(track);
  const name = `${String(track).padStart(2, "0")} - ${tags.title}.wav`;
  return {
    path: `${track}.wav`,
    virtualPath: `${tags.artist}/${tags.album} (2001) [WAV]/${name}`,
    bytes: noisyWav(tags, 20_000, track),
  };
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
