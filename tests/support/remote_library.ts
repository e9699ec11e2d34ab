/**
 * A small library on every kind of origin, each with a connection that can be made slow and broken.
 *
 * @module
 */
import assert from "node:assert/strict";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { flacFile, m4aFile, mp3File, opusFile, wavHeader } from "../../scripts/audio/mod.ts";
import { type Installation, run } from "./daemon.ts";
import { HangingFs } from "./hanging_fs.ts";
import { S3Server } from "./s3_server.ts";
import { SftpServer } from "./sftp_server.ts";
import { TcpProxy } from "./tcp_proxy.ts";

export const PLACE_KINDS = ["local", "nfs", "s3", "sftp"] as const;
export type PlaceKind = typeof PLACE_KINDS[number];

const READER = fileURLToPath(new URL("./read_library.py", import.meta.url));
const BUCKET = "music";
/** A degraded connection: 40 ms there and back, 8 MB/s. */
const LATENCY_MS = 20;
const BYTES_PER_SECOND = 8_000_000;
/** The time of one answer of a degraded file system, in ms. */
const SLOW_MS = 10;

/** A file of the library, and its path below the mount point according to its tags. */
export interface LibraryFile {
  readonly path: string;
  readonly virtualPath: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** An origin of some kind with a library on it. */
export interface RemotePlace extends AsyncDisposable {
  readonly kind: PlaceKind;
  /** The origin's table in the configuration file. Its id is its kind. */
  readonly table: string;
  /** The proxy before its server, where there is a server. */
  readonly proxy: TcpProxy | undefined;
  /** Gives an installation the credentials that it needs. */
  admit(it: Installation): void;
  /** Puts a file there, also in place of another one. */
  put(path: string, bytes: Uint8Array<ArrayBuffer>): void;
  remove(path: string): void;
  degrade(): Promise<void>;
  /** Fails as such a place does: a disk fails, a share and a bucket are silent, an SSH server refuses connections. */
  goOffline(): Promise<void>;
  /** Accepts everything and answers nothing. */
  goSilent(): Promise<void>;
  /** Heals everything. */
  comeBack(): Promise<void>;
}

export async function openPlace(kind: PlaceKind): Promise<RemotePlace> {
  switch (kind) {
    case "local":
    case "nfs":
      return new DirectoryPlace(kind, await HangingFs.start());
    case "s3":
      return await S3Place.open();
    case "sftp":
      return await SftpPlace.open();
  }
}

/** Five files of five formats, some 7 MB. The large ones are noise, so that no byte can pass for another. */
export function libraryFiles(): LibraryFile[] {
  const song = (
    track: number,
    format: string,
    make: (tags: ReturnType<typeof tagsOf>) => Uint8Array<ArrayBuffer>,
  ): LibraryFile => {
    const tags = tagsOf(track);
    const name = `${String(track).padStart(2, "0")} - ${tags.title}.${format}`;
    const album = `${tags.artist}/${tags.album} (2001) [${format.toUpperCase()}]`;
    return {
      path: `in/${format}/${track}.${format}`,
      virtualPath: `${album}/${name}`,
      bytes: make(tags),
    };
  };
  return [
    song(1, "wav", (tags) => noisyWav(tags, 3_000_000)),
    song(2, "wav", (tags) => noisyWav(tags, 1_200_000)),
    song(3, "flac", (tags) => flacFile({ ...tags, picture: noise(900_000, 3) }, { seconds: 30 })),
    song(4, "mp3", (tags) => mp3File({ ...tags, picture: noise(300_000, 4) }, { seconds: 60 })),
    song(5, "m4a", (tags) => m4aFile({ ...tags, picture: noise(200_000, 5) }, { seconds: 20 })),
    song(6, "opus", (tags) => opusFile(tags, { seconds: 20 })),
  ];
}

/** A WAV file whose samples are noise. */
export function noisyWav(
  tags: { readonly title: string; readonly artist: string; readonly album: string },
  samples: number,
  seed: number = samples,
): Uint8Array<ArrayBuffer> {
  const header = wavHeader(tags, samples);
  const bytes = new Uint8Array(header.length + samples);
  bytes.set(header);
  bytes.set(noise(samples, seed), header.length);
  return bytes;
}

export function noise(length: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = randomNumbers(seed);
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = random(2 ** 32);
  return new Uint8Array(words.buffer, 0, length);
}

export function tagsOf(track: number) {
  return { title: `Song ${track}`, artist: "Somebody", album: "Everywhere", track, year: 2001 };
}

/** A directory of files; every put has a modification time of its own. */
class Directory {
  readonly #path: string;
  #puts = 0;

  constructor(path: string) {
    this.#path = path;
  }

  put(path: string, bytes: Uint8Array<ArrayBuffer>): void {
    const at = `${this.#path}/${path}`;
    const time = 1_700_000_000 + 10 * this.#puts++;
    Deno.mkdirSync(dirname(at), { recursive: true });
    Deno.writeFileSync(`${at}.new`, bytes);
    Deno.utimeSync(`${at}.new`, time, time);
    Deno.renameSync(`${at}.new`, at);
  }

  remove(path: string): void {
    Deno.removeSync(`${this.#path}/${path}`);
  }
}

/** A directory on a file system of its own. */
class DirectoryPlace implements RemotePlace {
  readonly kind: "local" | "nfs";
  readonly proxy = undefined;
  readonly #fs: HangingFs;
  readonly #directory: Directory;

  constructor(kind: "local" | "nfs", fs: HangingFs) {
    this.kind = kind;
    this.#fs = fs;
    this.#directory = new Directory(fs.source);
  }

  get table(): string {
    return tableOf(this.kind, { path: this.#fs.mountpoint });
  }

  admit(): void {}

  put(path: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#directory.put(path, bytes);
  }

  remove(path: string): void {
    this.#directory.remove(path);
  }

  degrade(): Promise<void> {
    return this.#fs.slow(SLOW_MS);
  }

  goOffline(): Promise<void> {
    return this.kind === "local" ? this.#fs.fail("EIO") : this.#fs.hang();
  }

  goSilent(): Promise<void> {
    return this.#fs.hang();
  }

  comeBack(): Promise<void> {
    return this.#fs.recover();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#fs[Symbol.asyncDispose]();
  }
}

/** A bucket. */
class S3Place implements RemotePlace {
  readonly kind = "s3";
  readonly #server: S3Server;
  readonly proxy: TcpProxy;

  private constructor(server: S3Server, proxy: TcpProxy) {
    this.#server = server;
    this.proxy = proxy;
  }

  static async open(): Promise<S3Place> {
    const server = await S3Server.open();
    server.createBucket(BUCKET);
    return new S3Place(server, await TcpProxy.open(server.port));
  }

  get table(): string {
    const endpoint = `http://127.0.0.1:${this.proxy.port}`;
    return tableOf("s3", { bucket: BUCKET, endpoint, region: "us-east-1" });
  }

  /** Its credentials are in the environment already. */
  admit(): void {}

  put(path: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#server.put(BUCKET, path, bytes);
  }

  remove(path: string): void {
    this.#server.remove(BUCKET, path);
  }

  degrade(): Promise<void> {
    narrow(this.proxy);
    return Promise.resolve();
  }

  goOffline(): Promise<void> {
    return this.goSilent();
  }

  goSilent(): Promise<void> {
    this.proxy.settings.isSilent = true;
    return Promise.resolve();
  }

  comeBack(): Promise<void> {
    widen(this.proxy);
    return Promise.resolve();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close();
    await this.#server.close();
  }
}

/** A directory of an SSH server. */
class SftpPlace implements RemotePlace {
  readonly kind = "sftp";
  readonly #server: SftpServer;
  readonly proxy: TcpProxy;
  readonly #directory: Directory;

  private constructor(server: SftpServer, proxy: TcpProxy) {
    this.#server = server;
    this.proxy = proxy;
    this.#directory = new Directory(server.music);
  }

  static async open(): Promise<SftpPlace> {
    const server = await SftpServer.start();
    const proxy = await TcpProxy.open(server.port);
    server.know(proxy.port);
    return new SftpPlace(server, proxy);
  }

  get table(): string {
    const { user, music: path } = this.#server;
    return tableOf("sftp", { host: "127.0.0.1", port: this.proxy.port, user, path });
  }

  admit(it: Installation): void {
    const home = `${it.base}/.ssh`;
    Deno.mkdirSync(home, { recursive: true, mode: 0o700 });
    Deno.copyFileSync(this.#server.keyFile, `${home}/id_ed25519`);
    Deno.copyFileSync(this.#server.knownHosts, `${home}/known_hosts`);
  }

  put(path: string, bytes: Uint8Array<ArrayBuffer>): void {
    this.#directory.put(path, bytes);
  }

  remove(path: string): void {
    this.#directory.remove(path);
  }

  degrade(): Promise<void> {
    narrow(this.proxy);
    return Promise.resolve();
  }

  goOffline(): Promise<void> {
    return this.proxy.refuse();
  }

  goSilent(): Promise<void> {
    this.proxy.settings.isSilent = true;
    return Promise.resolve();
  }

  comeBack(): Promise<void> {
    widen(this.proxy);
    return this.proxy.accept();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.proxy.close();
    await this.#server[Symbol.asyncDispose]();
  }
}

function narrow(proxy: TcpProxy): void {
  Object.assign(proxy.settings, { latencyMs: LATENCY_MS, bytesPerSecond: BYTES_PER_SECOND });
}

function widen(proxy: TcpProxy): void {
  Object.assign(proxy.settings, { latencyMs: 0, bytesPerSecond: Infinity, isSilent: false });
}

function tableOf(kind: PlaceKind, keys: Readonly<Record<string, string | number>>): string {
  const lines = Object.entries({ id: kind, type: kind, ...keys })
    .map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
  return ["[[origins]]", ...lines, ""].join("\n");
}

/** The outcome of reading a file: "right", the name of an errno, or what is wrong. */
export type ReadOutcome = string;

/** What `read_library.py` reports of a mount. */
export interface LibraryReport {
  readonly paths: readonly string[];
  /** Size, and mtime in ns since the epoch. */
  readonly stats: Readonly<Record<string, readonly [number, number]>>;
  readonly files: Readonly<
    Record<string, Readonly<Record<"seek" | "beyond" | "whole", ReadOutcome>>>
  >;
  /** The longest time of a single call, by the kind of call. */
  readonly slowest_ms: Readonly<Record<string, number>>;
}

/** Writes files to their virtual paths below a directory, for comparison with what is read. */
export function writeOriginals(directory: string, files: readonly LibraryFile[]): void {
  for (const { virtualPath, bytes } of files) {
    const path = `${directory}/${virtualPath}`;
    Deno.mkdirSync(dirname(path), { recursive: true });
    Deno.writeFileSync(path, bytes);
  }
}

/** Reads a whole mount in a process of its own. Fails when a byte is wrong. */
export async function readLibrary(
  mountpoint: string,
  originals: string,
  seed: number = 1,
): Promise<LibraryReport> {
  const { stdout, stderr, code } = await run(
    ["python3", READER, mountpoint, originals, String(seed)],
    { seconds: 90 },
  );
  assert.equal(code, 0, stderr);
  const report = JSON.parse(stdout) as LibraryReport;
  for (const [path, outcomes] of Object.entries(report.files)) {
    const said = JSON.stringify(outcomes);
    assert.ok(!said.includes("WRONG"), `${path}: ${said}`);
  }
  return report;
}
