/**
 * Measures MusicFS beside bindfs, mergerfs, rclone, sshfs and the bare file system: same files, one run, one table.
 *
 *     deno task bench [--quick] [--only files|mount|scan|memory|projections|search|content|remote] [--json]
 *
 * The files are made once, in a cache directory. As root the kernel's caches are emptied before what is to
 * be cold; without root "cold" means as cold as a fresh mount.
 *
 * `projections` needs 16 GB of room: it keeps a library of ten million tracks, which takes ten minutes to make.
 *
 * `search` asks a library of its own, with names as real ones have them, and beside it a plain table of FTS5 with the
 * same tracks, whose last words are beginnings as well. Both answer other queries of the same kinds before. `beet ls` is
 * asked some of them when beets is installed.
 *
 * `content` reads what is cached, `remote` what is not. Their servers are s3rver and OpenSSH's sshd on this machine,
 * behind a TCP proxy that adds latency to round trips and lets 4 MiB a connection be under way. rclone and sshfs have
 * their defaults, but for rclone's full cache mode where it reads what it has cached; a connection is there before
 * anything is measured. The readers of `content` are players: 128 KiB each 250 ms, from moments of their own. Those
 * that read as fast as they can are measured as well, and held against nothing: on a few processors they queue.
 *
 * What these two groups keep lies on an ext4 of its own (as root), made for the run, and what was read is stored before the
 * next figure begins.
 *
 * @module
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { messageOf } from "../src/base/mod.ts";
import { benchLibrary, type BenchSize, BIG, FULL, QUICK } from "../tests/bench/bench_library.ts";
import { withPlace } from "../tests/bench/bench_place.ts";
import {
  type BenchResults,
  type Figure,
  figures,
  figureTable,
  type FileFigures,
} from "../tests/bench/figures.ts";
import { measureContent } from "../tests/bench/measured_content.ts";
import { measuredFiles, medianFigures } from "../tests/bench/measured_files.ts";
import { measureMany } from "../tests/bench/measured_many.ts";
import { measureMemory } from "../tests/bench/measured_memory.ts";
import { measureMounts } from "../tests/bench/measured_mounts.ts";
import { measureProjections } from "../tests/bench/measured_projections.ts";
import { measureRemote, measureRemoteScan } from "../tests/bench/measured_remote.ts";
import { measureScan } from "../tests/bench/measured_scan.ts";
import { measureSearch } from "../tests/bench/measured_search.ts";
import { isInstalled, mountedPeer, PEERS } from "../tests/bench/mounted_peer.ts";
import { REMOTE_FULL, REMOTE_QUICK, type RemoteSize } from "../tests/bench/remote_files.ts";
import { ScratchDisk } from "../tests/bench/scratch_disk.ts";

type Group = Figure["group"];
const ROUNDS = 3;
const GROUPS: readonly Group[] = [
  ...["files", "mount", "scan", "memory", "projections", "search", "content", "remote"] as const,
];

interface Run {
  size: BenchSize;
  remoteSize: RemoteSize;
  /** Made data that later runs use again. */
  cache: string;
  results: BenchResults;
}

const MEASURES: Record<Group, (run: Run) => Promise<void>> = {
  async files({ size, cache, results }) {
    const library = benchLibrary(cache, size);
    const peers = PEERS.filter(({ name }) => {
      if (isInstalled(name)) return true;
      progress(`${name} is not installed`);
      return false;
    });
    const looks: Record<string, FileFigures[]> = {};
    const look = async (name: string, root: string) => {
      // On a virtual machine a page that was not touched for a while costs more than the read itself.
      for (let pass = 0; pass < 2; pass++) warm(join(library, BIG));
      const figures = await measuredFiles(root, { bare: name === "bare" });
      (looks[name] ??= []).push(figures);
      results.files[name] = medianFigures(looks[name]);
    };
    await withPlace(library, async (place) => {
      progress("scanning the files");
      {
        await using _mounted = await place.mount();
        await place.rescan();
      }
      // Each round looks at every file system once, so that whatever else the machine does affects all alike.
      for (let round = 1; round <= ROUNDS; round++) {
        progress(`round ${round} of ${ROUNDS}`);
        await look("bare", library);
        for (const peer of peers) {
          await using mounted = await mountedPeer(peer, library);
          await look(peer.name, mounted.mountpoint);
        }
        for (const name of ["musicfs", "plain"]) {
          await using mounted = await place.mount({ passthrough: name !== "plain" });
          await place.quiet();
          await look(name, mounted.mountpoint);
        }
      }
    });
  },

  async mount({ size, cache, results }) {
    progress("how long a mount takes");
    results.mountMs = await measureMounts(cache, size.synthetic);
  },

  async scan({ size, cache, results }) {
    progress("scanning");
    results.scan = await measureScan(benchLibrary(cache, size), cache, size.synthetic);
  },

  async memory({ size, cache, results }) {
    progress("memory");
    const tracks = size.synthetic;
    results.memory = await measureMemory(cache, {
      ...{ known: tracks, walked: tracks, idleMs: idleMs(size) },
    });
  },

  async projections({ size, cache, results }) {
    const { synthetic, many } = size;
    progress("projecting");
    results.projections = await measureProjections(cache, synthetic);
    progress(`a mount that knows ${many} tracks`);
    results.many = await measureMany(cache, {
      ...{ known: many, walked: synthetic, idleMs: idleMs(size) },
    });
    if (results.many === undefined) progress(`there is too little room for ${many} tracks`);
  },

  async search({ size, cache, results }) {
    progress("searching");
    results.search = await measureSearch(cache, size.synthetic);
  },

  async content({ remoteSize, cache, results }) {
    using disk = scratchDisk(cache);
    progress("reading what is cached");
    results.content = await measureContent(disk.directory, remoteSize, progress);
  },

  async remote({ remoteSize, cache, results }) {
    for (const kind of ["s3", "sftp"] as const) {
      using disk = scratchDisk(cache);
      progress(`reading from ${kind}`);
      results.remote[kind] = await measureRemote(kind, disk.directory, remoteSize, progress);
      progress(`scanning ${kind}`);
      results.remoteScan[kind] = await measureRemoteScan(kind, disk.directory, remoteSize);
    }
  },
};

/** How long a mount process is left alone before it counts as idle. */
function idleMs(size: BenchSize): number {
  return size === FULL ? 60_000 : 5_000;
}

/** A disk for servers, mounts and files, on which the servers' files are linked and not copied. */
function scratchDisk(cache: string): ScratchDisk {
  const disk = new ScratchDisk(cache);
  Deno.env.set("TMPDIR", disk.directory);
  return disk;
}

/** Reads a file once, so that the page cache has it for every look. */
function warm(path: string): void {
  using file = Deno.openSync(path);
  const buffer = new Uint8Array(1 << 20);
  while (file.readSync(buffer) !== null);
}

function progress(text: string): void {
  console.error(`bench: ${text}`);
}

function cacheDirectory(): string {
  const home = Deno.env.get("XDG_CACHE_HOME") ?? join(Deno.env.get("HOME") ?? "/tmp", ".cache");
  const directory = join(home, "musicfs-bench");
  Deno.mkdirSync(directory, { recursive: true });
  return directory;
}

async function main(): Promise<number> {
  const { values } = parseArgs({
    args: Deno.args,
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      only: { type: "string", multiple: true },
    },
  });
  const groups = (values.only ?? GROUPS) as Group[];
  for (const group of groups) {
    if (!GROUPS.includes(group)) {
      throw new Error(`Cannot measure ${group}: known are ${GROUPS.join(", ")}`);
    }
  }
  const results: BenchResults = {
    ...{ files: {}, mountMs: {}, scan: {}, memory: {} },
    ...{ remote: {}, remoteScan: {} },
  };
  const cache = cacheDirectory();
  const run = {
    size: values.quick ? QUICK : FULL,
    remoteSize: values.quick ? REMOTE_QUICK : REMOTE_FULL,
    cache,
    results,
  };
  let failed = false;
  for (const group of groups) {
    // The default temporary directory may be slow, or in memory; servers and mounts lie here.
    Deno.env.set("TMPDIR", cache);
    try {
      await MEASURES[group](run);
    } catch (error) {
      failed = true;
      progress(`${group} failed: ${messageOf(error)}`);
    }
  }
  const rows = figures(results).filter(({ group }) => groups.includes(group));
  if (values.json) {
    console.log(JSON.stringify({ ...run, figures: rows }, null, 2));
  } else {
    const { tree, wide, big, synthetic, many } = run.size;
    console.log(
      `${tree} small files, ${wide} in one directory, one of ${big} bytes, ${synthetic} known tracks ` +
        `(at the most ${many})\n`,
    );
    console.log(figureTable(rows));
  }
  return failed ? 1 : 0;
}

if (import.meta.main) {
  try {
    Deno.exit(await main());
  } catch (error) {
    console.error(`bench: ${messageOf(error)}`);
    Deno.exit(2);
  }
}
