/**
 * One library on every kind of origin, with its connection and its cache in every state: the mount comes up, the tree
 * is whole, and every byte that is read is right or refused.
 *
 * MUSICFS_TEST_SEED repeats the places that are read.
 */
import assert from "node:assert/strict";
import { connectControl } from "../../src/control/mod.ts";
import type { Status } from "../../src/control/protocol.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import {
  libraryFiles,
  type LibraryReport,
  openPlace,
  PLACE_KINDS,
  type PlaceKind,
  readLibrary,
  type RemotePlace,
  writeOriginals,
} from "../support/remote_library.ts";
import { hasSftpServer } from "../support/sftp_server.ts";
import { until } from "../support/until.ts";

const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1_000_000);
const ready = needs("/dev/fuse", "python3", "timeout") && hasSftpServer();

const HEALTHS = ["healthy", "degraded", "offline"] as const;
const CACHES = ["cold", "warm", "full"] as const;
type Cell = { readonly health: typeof HEALTHS[number]; readonly cache: typeof CACHES[number] };

/** The deadline of one answer of an origin here. */
const DEADLINE_MS = 1_500;
/** The most that a call may take: a time-out, on a busy machine. */
const CALL_MS_MAX = 10_000;
const MOUNT_MS_MAX = 5_000;
/** Less than the library has, so that something is always being evicted. */
const SMALL_CACHE = '[cache]\nsize = "2 MB"\nmetadata_size = "200 KB"\n';

for (const kind of PLACE_KINDS) {
  Deno.test({
    name: `${kind}: mount, readdir, stat, read and seek, whatever the origin and the cache`,
    ignore: !ready,
    async fn(t) {
      console.log(`seed ${SEED}: MUSICFS_TEST_SEED=${SEED} repeats this run`);
      await using matrix = await Matrix.open(kind);
      for (const health of HEALTHS) {
        for (const cache of CACHES) {
          await t.step(`${health}, ${cache}`, () => matrix.cell({ health, cache }));
        }
      }
    },
  });
}

class Matrix implements AsyncDisposable {
  readonly #place: RemotePlace;
  readonly #large: Installation;
  readonly #small: Installation;
  readonly #originals = Deno.makeTempDirSync();
  readonly #files = libraryFiles();
  #expected: LibraryReport["stats"] | undefined;

  private constructor(place: RemotePlace) {
    this.#place = place;
    this.#large = new Installation({ config: place.table });
    this.#small = new Installation({ config: SMALL_CACHE + place.table });
  }

  /** Makes both installations know the library, with nothing of it cached. */
  static async open(kind: PlaceKind): Promise<Matrix> {
    const matrix = new Matrix(await openPlace(kind));
    for (const { path, bytes } of matrix.#files) matrix.#place.put(path, bytes);
    writeOriginals(matrix.#originals, matrix.#files);
    for (const it of [matrix.#large, matrix.#small]) {
      it.env = {
        MUSICFS_DEADLINE_MS: String(DEADLINE_MS),
        MUSICFS_HEALTH_CHECK_MS: "1000",
        MUSICFS_WATCH: "off",
      };
      matrix.#place.admit(it);
      const { library } = await it.mountAndScan();
      assert.equal(library.tracks, matrix.#files.length, it.log);
      assert.equal(await it.unmount(), 0, it.log);
    }
    return matrix;
  }

  async cell(cell: Cell): Promise<void> {
    const it = cell.cache === "full" ? this.#small : this.#large;
    await this.#fillCache(it, cell);
    if (cell.health === "degraded") await this.#place.degrade();
    if (cell.health === "offline") await this.#place.goOffline();
    try {
      await it.mount();
      const before = await it.status();
      assert.ok(before.mounts[0]!.mounted_in_ms < MOUNT_MS_MAX, it.log);
      const report = await readLibrary(it.mountpoint, this.#originals, SEED);
      this.#checkTree(report);
      this.#checkReads(report, cell, it);
      await this.#checkOrigin(it, before, cell);
      if (cell.health === "offline") await this.#checkReturn(it);
    } finally {
      await this.#place.comeBack();
      assert.equal(await it.unmount(), 0, it.log);
      it.log = "";
    }
  }

  /** Brings the cache into the cell's state, while the origin is well. */
  async #fillCache(it: Installation, { cache }: Cell): Promise<void> {
    await it.mount();
    if (cache === "cold") await clearCache(it);
    else await readLibrary(it.mountpoint, this.#originals, SEED);
    assert.equal(await it.unmount(), 0, it.log);
    it.log = "";
  }

  #checkTree({ paths, stats }: LibraryReport): void {
    assert.deepEqual(paths, this.#files.map(({ virtualPath }) => virtualPath).sort());
    for (const { virtualPath, bytes } of this.#files) {
      assert.equal(stats[virtualPath]![0], bytes.length, virtualPath);
    }
    this.#expected ??= stats;
    assert.deepEqual(stats, this.#expected, "times are the same in every cell");
  }

  #checkReads({ files, slowest_ms }: LibraryReport, cell: Cell, it: Installation): void {
    for (const [path, { seek, beyond, whole }] of Object.entries(files)) {
      const said = `${path}: ${JSON.stringify({ seek, beyond, whole })}\n${it.log}`;
      if (this.#mustFail(cell)) assert.deepEqual([seek, whole], ["EIO", "EIO"], said);
      else if (this.#mayFail(cell)) {
        assert.match(`${seek} ${whole}`, /^(EIO|right) (EIO|right)$/, said);
      } else assert.deepEqual([seek, beyond, whole], ["right", "right", "right"], said);
    }
    for (const [call, ms] of Object.entries(slowest_ms)) {
      assert.ok(ms < CALL_MS_MAX, `${call} took ${ms} ms`);
    }
  }

  /** Whether nothing of the files is on this machine. */
  #mustFail({ health, cache }: Cell): boolean {
    return health === "offline" && (cache === "cold" || this.#place.kind === "local");
  }

  #mayFail({ health, cache }: Cell): boolean {
    return health === "offline" && cache === "full";
  }

  async #checkOrigin(it: Installation, before: Status, { health, cache }: Cell): Promise<void> {
    if (this.#place.kind === "local") return;
    if (health === "offline") {
      const [origin] = await until(
        "it is known to be down",
        DEADLINE_MS + CALL_MS_MAX,
        async () => {
          const { origins } = await it.status();
          return origins[0]!.health === "down" && origins;
        },
      );
      assert.ok(origin!.reason !== null && origin!.reason !== "");
      const lines = it.log.split("\n").filter((line) => line.includes("does not answer"));
      assert.equal(lines.length, 1, it.log);
      return;
    }
    const { origins: [origin], cache: { misses, bytes: cached } } = await it.scanned();
    assert.equal(origin!.health, "up", it.log);
    if (cache === "cold") assert.ok(misses > 0 && cached > 0, "nothing was cached");
    if (cache === "full") await isTrimmed(it);
    if (cache !== "warm") return;
    assert.equal(misses, 0, "every read is answered from the cache");
    const bytes = origin!.egress.total_bytes - before.origins[0]!.egress.total_bytes;
    assert.equal(bytes, 0, `${bytes} bytes were fetched again`);
  }

  /** An origin that is back is used again without a restart. */
  async #checkReturn(it: Installation): Promise<void> {
    await this.#place.comeBack();
    if (this.#place.kind !== "local") {
      await until(
        "it is up again",
        CALL_MS_MAX,
        async () => (await it.status()).origins[0]!.health === "up",
      );
    }
    const report = await readLibrary(it.mountpoint, this.#originals, SEED);
    this.#checkTree(report);
    this.#checkReads(report, { health: "healthy", cache: "cold" }, it);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#large[Symbol.asyncDispose]();
    await this.#small[Symbol.asyncDispose]();
    await this.#place[Symbol.asyncDispose]();
    await Deno.remove(this.#originals, { recursive: true });
  }
}

/** Bytes beyond the limit are stored for a moment, and then evicted. */
async function isTrimmed(it: Installation): Promise<void> {
  await until("the cache keeps its limit", CALL_MS_MAX, async () => {
    const { cache } = await it.status();
    return cache.bytes <= cache.limit_bytes + cache.metadata_limit_bytes;
  });
}

async function clearCache(it: Installation): Promise<void> {
  const client = await connectControl(it.socket);
  try {
    await client.request("cache.clear", { origin: null });
  } finally {
    client.close();
  }
}
