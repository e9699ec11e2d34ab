import { join } from "node:path";
import type { BenchPlace } from "./bench_place.ts";
import { withPlace } from "./bench_place.ts";
import { contentClient, middle, type Spread, touchMemory } from "./content_client.ts";
import type { Mounted } from "./mounted_peer.ts";
import type { RemoteSize } from "./remote_files.ts";
import { type RemoteKind, RemoteServers } from "./remote_servers.ts";

const FIRST_BYTE_ROUND_TRIP_MS = 20;
const FAR_ROUND_TRIP_MS = 50;
const ROUNDS = 3;
/** The files whose first byte is read in one round. */
const FIRST_FILES = 8;
const FIRST_BYTES = 2 ** 21;
const PEER = { s3: "rclone", sftp: "sshfs" } as const;

/** Figures of MusicFS and its peer, by name. */
export type ByName = Record<string, number>;

export interface RemoteFigures {
  /** ms, p50. */
  firstByte: ByName;
  /** MB/s with a round trip of 50 ms. */
  far: ByName;
  /** MB/s without added latency. */
  near: ByName;
}

/** Reads files that no cache holds, in rounds in which MusicFS and its peer take turns. */
export async function measureRemote(
  kind: RemoteKind,
  cache: string,
  size: RemoteSize,
  progress: (text: string) => void,
): Promise<RemoteFigures> {
  await using servers = await RemoteServers.open();
  const files = {
    first: servers.put("first", ROUNDS * FIRST_FILES, FIRST_BYTES),
    far: servers.put("far", ROUNDS, size.stream),
    near: servers.put("near", ROUNDS, size.stream),
    // Read first, so that the connection is open and the directory known before the measurement.
    hello: servers.put("hello", ROUNDS, 2 ** 16),
  };
  return await withPlace(servers.origin(kind), async (place) => {
    await scanned(place);
    const looks: RemoteLook[] = [];
    const peerLooks: RemoteLook[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      progress(`${kind}: round ${round + 1} of ${ROUNDS}`);
      const look = async (
        mounted: Mounted,
        rest: () => Promise<void> = () => Promise.resolve(),
      ): Promise<RemoteLook> => {
        const at = (path: string) => join(mounted.mountpoint, path);
        await servers.delay(kind, 0);
        await contentClient("first", at(files.hello[round]!));
        await touchMemory();
        const near = await contentClient<{ mb_s: number }>("through", at(files.near[round]!));
        await rest();
        await touchMemory();
        await servers.delay(kind, FAR_ROUND_TRIP_MS);
        const far = await contentClient<{ mb_s: number }>("through", at(files.far[round]!));
        await rest();
        await servers.delay(kind, FIRST_BYTE_ROUND_TRIP_MS);
        const some = files.first.slice(round * FIRST_FILES, (round + 1) * FIRST_FILES);
        const first = await contentClient<Spread>("first", ...some.map(at));
        await servers.delay(kind, 0);
        return { near: near.mb_s, far: far.mb_s, firstByte: first.p50 / 1_000 };
      };
      {
        await using mounted = await place.mount();
        looks.push(await look(mounted, () => place.stored()));
      }
      await using mounted = await servers.mountPeer(kind);
      peerLooks.push(await look(mounted));
    }
    const byName = (get: (look: RemoteLook) => number): ByName => ({
      musicfs: middle(looks.map(get)),
      [PEER[kind]]: middle(peerLooks.map(get)),
    });
    return {
      firstByte: byName(({ firstByte }) => firstByte),
      far: byName(({ far }) => far),
      near: byName(({ near }) => near),
    };
  }, cache);
}

interface RemoteLook {
  firstByte: number;
  far: number;
  near: number;
}

async function scanned(place: BenchPlace): Promise<void> {
  await using _mounted = await place.mount();
  await place.rescan();
}

/** Tracks per second of a first scan with a round trip of 20 ms. */
export async function measureRemoteScan(
  kind: RemoteKind,
  cache: string,
  size: RemoteSize,
): Promise<number> {
  await using servers = await RemoteServers.open();
  servers.putTracks(size);
  return await withPlace(servers.origin(kind), async (place) => {
    await using _mounted = await place.mount();
    await servers.delay(kind, FIRST_BYTE_ROUND_TRIP_MS);
    const ms = await place.rescan();
    const { tracks } = (await place.status()).library;
    if (tracks !== size.tracks) {
      throw new Error(`The scan found ${tracks} of ${size.tracks} tracks`);
    }
    return tracks / ms * 1_000;
  }, cache);
}
