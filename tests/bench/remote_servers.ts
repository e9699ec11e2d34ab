import { join } from "node:path";
import { denoDirectory } from "../support/deno_directory.ts";
import { S3Server } from "../support/s3_server.ts";
import { SftpServer } from "../support/sftp_server.ts";
import type { LinkCounts } from "../support/tcp_proxy.ts";
import { TcpProxyProcess } from "../support/tcp_proxy_process.ts";
import type { BenchOrigin } from "./bench_place.ts";
import { Mounted } from "./mounted_peer.ts";
import { makeFiles, makeTracks, placeOf, type RemoteSize } from "./remote_files.ts";

export type RemoteKind = "s3" | "sftp";

const BUCKET = "music";

/**
 * s3rver and OpenSSH's sshd with the same files, each behind a proxy that adds latency, all in their own processes. The
 * proxy lets 4 MiB per connection be under way, as TCP's window does, so latency limits a single stream.
 */
export class RemoteServers implements AsyncDisposable {
  readonly #s3: S3Server;
  readonly #sftp: SftpServer;
  readonly #links: Record<RemoteKind, TcpProxyProcess>;

  private constructor(
    s3: S3Server,
    sftp: SftpServer,
    links: Record<RemoteKind, TcpProxyProcess>,
  ) {
    this.#s3 = s3;
    this.#sftp = sftp;
    this.#links = links;
  }

  static async open(): Promise<RemoteServers> {
    const s3 = await S3Server.open();
    s3.createBucket(BUCKET);
    const sftp = await SftpServer.start();
    const links = {
      s3: await TcpProxyProcess.open(s3.port),
      sftp: await TcpProxyProcess.open(sftp.port),
    };
    sftp.know(links.sftp.port);
    return new RemoteServers(s3, sftp, links);
  }

  /** The directory of this machine that holds the files. */
  get directory(): string {
    return this.#sftp.music;
  }

  /** Makes `count` tracks of `bytes` bytes. Returns their paths below the mount. */
  put(genre: string, count: number, bytes: number): string[] {
    makeFiles(this.directory, genre, count, bytes);
    return this.#link(genre, count);
  }

  putTracks({ tracks }: Pick<RemoteSize, "tracks">): string[] {
    makeTracks(this.directory, tracks);
    return this.#link("scan", tracks);
  }

  /** Makes every answer take `roundTripMs` longer than without the proxy. */
  async delay(kind: RemoteKind, roundTripMs: number): Promise<void> {
    await this.#links[kind].set({ latencyMs: roundTripMs / 2 });
  }

  counts(kind: RemoteKind): Promise<LinkCounts> {
    return this.#links[kind].counts();
  }

  origin(kind: RemoteKind): BenchOrigin {
    const { port } = this.#links[kind];
    const environment = { DENO_DIR: denoDirectory(), HOME: this.#sftp.home };
    if (kind === "s3") {
      const endpoint = `http://127.0.0.1:${port}`;
      const place = { bucket: BUCKET, endpoint, region: "us-east-1" };
      return { id: kind, type: kind, ...place, environment };
    }
    const { user } = this.#sftp;
    return {
      id: kind,
      type: kind,
      host: "127.0.0.1",
      port,
      user,
      path: this.directory,
      environment,
    };
  }

  /** Mounts the files with rclone or sshfs. With a cache directory, rclone keeps what it has read. */
  async mountPeer(kind: RemoteKind, cacheDirectory?: string): Promise<Mounted> {
    const mountpoint = await Deno.makeTempDir({ prefix: "musicfs-bench-" });
    const mounted = kind === "s3"
      ? await Mounted.start(
        rcloneCommand(mountpoint, cacheDirectory),
        mountpoint,
        rcloneEnvironment(this.#links.s3.port),
      )
      : await Mounted.start(this.#sshfsCommand(mountpoint), mountpoint);
    mounted.afterwards(() => Deno.remove(mountpoint));
    return mounted;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const link of Object.values(this.#links)) await link.close();
    await this.#sftp[Symbol.asyncDispose]();
    await this.#s3.close();
  }

  #sshfsCommand(mountpoint: string): [string, ...string[]] {
    const options = [
      "ro",
      `port=${this.#links.sftp.port}`,
      `IdentityFile=${this.#sftp.keyFile}`,
      `UserKnownHostsFile=${this.#sftp.knownHosts}`,
      "IdentitiesOnly=yes",
    ];
    const source = `${this.#sftp.user}@127.0.0.1:${this.directory}`;
    return ["sshfs", "-f", "-F", "/dev/null", "-o", options.join(","), source, mountpoint];
  }

  #link(genre: string, count: number): string[] {
    const paths = Array.from({ length: count }, (_, number) => placeOf(genre, number));
    for (const path of paths) this.#s3.link(BUCKET, path, join(this.directory, path));
    return paths;
  }
}

function rcloneCommand(mountpoint: string, cacheDirectory?: string): [string, ...string[]] {
  const cache = cacheDirectory === undefined
    ? []
    : ["--vfs-cache-mode", "full", "--cache-dir", cacheDirectory];
  return ["rclone", "mount", "--read-only", ...cache, `bench:${BUCKET}`, mountpoint];
}

function rcloneEnvironment(port: number): Record<string, string> {
  return {
    RCLONE_CONFIG: "/dev/null",
    // rclone cannot mount while this variable has a value, whatever the value is.
    AWS_CA_BUNDLE: "",
    RCLONE_CONFIG_BENCH_TYPE: "s3",
    RCLONE_CONFIG_BENCH_PROVIDER: "Other",
    RCLONE_CONFIG_BENCH_ENV_AUTH: "true",
    RCLONE_CONFIG_BENCH_ENDPOINT: `http://127.0.0.1:${port}`,
    RCLONE_CONFIG_BENCH_REGION: "us-east-1",
  };
}
