import { join } from "node:path";
import { type BenchPlace, withPlace } from "./bench_place.ts";
import { contentClient, middle, type Spread, touchMemory, warmTree } from "./content_client.ts";
import type { Mounted } from "./mounted_peer.ts";
import type { RemoteSize } from "./remote_files.ts";
import { RemoteServers } from "./remote_servers.ts";
import { type LoadFigures, underLoad } from "./content_load.ts";

const ROUNDS = 3;
const FEW_READERS = 10;
const PLAYER_BYTES = 4 * 2 ** 20;
/** A player reads 128 KiB in each period of this length: four times what a lossless track of CD quality needs. */
const PACE_MS = 250;
const BLOCKS = PLAYER_BYTES / 2 ** 17;
const STORED_DEADLINE_MS = 60_000;
/** The most bytes that may come from the origin of cached files: enough to keep a connection alive. */
const IDLE_BYTES_MAX = 2 ** 16;

/** Figures of reads from caches, by the name of the file system. */
export interface ContentFigures {
  /** MB/s of the first read of a file through a fresh mount. */
  readMbS: Record<string, number>;
  /** µs, p50 of reads of 4 KiB at random places. */
  smallUs: Record<string, number>;
  /** The same with the reader and the file system on one CPU. */
  besideUs: Record<string, number>;
  /** ms, p99 of a read of 128 KiB, for few and for many readers that read at the pace of players. */
  paced: { few: number; many: number };
  /** The same for readers that read as fast as they can. */
  greedy: { few: number; many: number };
  load: LoadFigures;
}

interface Look {
  mb_s: number;
  us: number;
  besideUs: number;
}

/** Reads files that lie in the cache of MusicFS, in that of rclone, and on a local origin. */
export async function measureContent(
  cache: string,
  size: RemoteSize,
  progress: (text: string) => void,
): Promise<ContentFigures> {
  await using servers = await RemoteServers.open();
  const [big] = servers.put("big", 1, size.cached) as [string];
  const players = servers.put("player", size.readers, PLAYER_BYTES);
  const open = servers.put("open", size.open, 2 ** 15);
  const rcloneCache = await Deno.makeTempDir({ prefix: "musicfs-bench-", dir: cache });
  const measure = async (place: BenchPlace, local: BenchPlace): Promise<ContentFigures> => {
    progress("filling the caches");
    await fill(place, [big, ...players]);
    await scan(local);
    {
      await using mounted = await servers.mountPeer("s3", rcloneCache);
      await contentClient("through", join(mounted.mountpoint, big));
    }
    const looks: Record<string, Look[]> = {};
    const look = async (name: string, { mountpoint, pid }: Mounted) => {
      const path = join(mountpoint, big);
      await touchMemory();
      const { mb_s } = await contentClient<{ mb_s: number }>("through", path);
      const apart = await contentClient<Spread>("small", path);
      const beside = await contentClient<Spread>("beside", String(pid), path);
      (looks[name] ??= []).push({ mb_s, us: apart.p50, besideUs: beside.p50 });
    };
    const spreads: ReaderLook[] = [];
    for (let round = 1; round <= ROUNDS; round++) {
      progress(`round ${round} of ${ROUNDS}`);
      const before = await servers.counts("s3");
      {
        warmTree(place.chunks);
        await using mounted = await place.mount();
        await look("musicfs", mounted);
      }
      spreads.push(await readersOf(place, players));
      const after = await servers.counts("s3");
      if (after.bytesDown - before.bytesDown > IDLE_BYTES_MAX) {
        throw new Error("What should be cached was fetched");
      }
      {
        warmTree(rcloneCache);
        await using mounted = await servers.mountPeer("s3", rcloneCache);
        await look("rclone", mounted);
      }
      warmTree(join(servers.directory, big, ".."));
      await using mounted = await local.mount({ passthrough: false });
      await look("plain", mounted);
    }
    progress(`${open.length} open files and ${players.length} readers`);
    const load = await underLoad(place, players, open, { paceMs: PACE_MS, blocks: BLOCKS });
    const byName = (get: (look: Look) => number) =>
      Object.fromEntries(Object.entries(looks).map(([name, all]) => [name, middle(all.map(get))]));
    const ofReaders = (get: (look: ReaderLook) => number) => middle(spreads.map(get));
    return {
      readMbS: byName(({ mb_s }) => mb_s),
      smallUs: byName(({ us }) => us),
      besideUs: byName(({ besideUs }) => besideUs),
      paced: { few: ofReaders((it) => it.paced.few), many: ofReaders((it) => it.paced.many) },
      greedy: { few: ofReaders((it) => it.greedy.few), many: ofReaders((it) => it.greedy.many) },
      load,
    };
  };
  try {
    return await withPlace(
      servers.origin("s3"),
      (place) => withPlace(servers.directory, (local) => measure(place, local), cache),
      cache,
    );
  } finally {
    await Deno.remove(rcloneCache, { recursive: true });
  }
}

type ReaderLook = Pick<ContentFigures, "paced" | "greedy">;

/** Each number of readers gets its own mount, so that no page of the kernel answers them. */
async function readersOf(place: BenchPlace, players: readonly string[]): Promise<ReaderLook> {
  const p99 = async (count: number, paceMs: number): Promise<number> => {
    await using mounted = await place.mount();
    const paths = players.slice(0, count).map((path) => join(mounted.mountpoint, path));
    const pace = [String(paceMs), String(BLOCKS)];
    return (await contentClient<Spread>("readers", ...pace, ...paths)).p99 / 1_000;
  };
  const both = async (paceMs: number) => ({
    few: await p99(FEW_READERS, paceMs),
    many: await p99(players.length, paceMs),
  });
  return { paced: await both(PACE_MS), greedy: await both(0) };
}

/** Reads the files once through the mount, and waits until all of them are stored. */
async function fill(place: BenchPlace, paths: readonly string[]): Promise<void> {
  await using mounted = await place.mount();
  await place.rescan();
  let bytes = 0;
  for (const path of paths) {
    const at = join(mounted.mountpoint, path);
    await contentClient("through", at);
    bytes += (await Deno.stat(at)).size;
  }
  const end = Date.now() + STORED_DEADLINE_MS;
  while (bytesBelow(place.chunks) < bytes) {
    if (Date.now() > end) throw new Error("What was read is not stored");
    await new Promise((done) => setTimeout(done, 200));
  }
}

function bytesBelow(directory: string): number {
  let bytes = 0;
  for (const { name, isDirectory } of Deno.readDirSync(directory)) {
    const path = `${directory}/${name}`;
    bytes += isDirectory ? bytesBelow(path) : Deno.statSync(path).size;
  }
  return bytes;
}

async function scan(place: BenchPlace): Promise<void> {
  await using _mounted = await place.mount();
  await place.rescan();
}
