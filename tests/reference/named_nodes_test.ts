/**
 * Nodes with many names, on a real mount: a node may be in several directories, and twice in one of them. After every
 * random change all names, inode numbers, link counts and bytes equal those of a model, a map from name to number, and
 * no listing has a cookie twice.
 *
 * MUSICFS_TEST_SEED repeats a run, MUSICFS_TEST_ROUNDS changes its length.
 */
import assert from "node:assert/strict";
import { randomNumbers } from "../../scripts/audio/bytes.ts";
import { type Conversation, FuseMount } from "../support/fuse_mount.ts";
import { needs } from "../support/needs.ts";

const ROUNDS = Number(Deno.env.get("MUSICFS_TEST_ROUNDS") ?? 40);
const SEED = Number(Deno.env.get("MUSICFS_TEST_SEED") ?? Date.now() % 1_000_000);
const DIRECTORIES = ["", "a/", "b/", "b/c/"];

/**
 * For each line of input, reports everything that it sees: names with numbers, link counts and text, and the cookies of
 * each directory.
 */
const CLIENT = `
import ctypes, json, struct
libc = ctypes.CDLL(None, use_errno=True)
def cookies(path):
    fd, buffer, found = os.open(path, os.O_RDONLY), ctypes.create_string_buffer(4096), []
    while True:
        size = libc.syscall(217, fd, buffer, 200)
        if size <= 0: break
        at = 0
        while at < size:
            _, cookie, length = struct.unpack_from('=QqH', buffer, at)
            found.append(cookie)
            at += length
    os.close(fd)
    return found
while sys.stdin.readline():
    files, listings = [], []
    for path, directories, names in os.walk(M):
        listings.append(cookies(path))
        for entry in os.scandir(path):
            if entry.is_dir(): continue
            status = os.stat(entry.path)
            with open(entry.path) as file: text = file.read()
            name = os.path.relpath(entry.path, M).decode()
            files.append([name, entry.inode(), status.st_ino, status.st_nlink, text])
    say(json.dumps([sorted(files), listings]))
`;

type Seen = [
  files: [name: string, listed: number, number: number, links: number, text: string][],
  cookies: number[][],
];

/** What the mount must show. */
class Model {
  readonly names = new Map<string, number>();
  readonly texts = new Map<number, string>();
  /** The paths of the source files that have the bytes of each node. */
  readonly real = new Map<number, string>();
  readonly #mount: FuseMount;
  readonly #random: (below: number) => number;
  #made = 0;

  constructor(mount: FuseMount, random: (below: number) => number) {
    this.#mount = mount;
    this.#random = random;
  }

  /** Makes one random change. Returns a description of it, for the message of a failure. */
  async change(): Promise<string> {
    const known = [...this.names.keys()];
    const path = known[this.#random(Math.max(1, known.length))]!;
    const other = `${DIRECTORIES[this.#random(DIRECTORIES.length)]}n${this.#random(30)}`;
    const isFree = !this.names.has(other);
    const kind = known.length === 0 ? 0 : this.#random(8);
    if (kind === 0) return await this.#add(isFree ? other : `new ${this.#made}`);
    if (kind < 4) return isFree ? await this.#link(path, other) : "nothing";
    if (kind === 4) return await this.#unlink(path);
    if (kind === 5) return isFree ? await this.#move(path, other) : "nothing";
    if (kind === 6) return await this.#rewrite(path);
    return await this.#remove(path);
  }

  async #add(path: string): Promise<string> {
    const real = `${this.#made++}.flac`;
    this.#mount.put(real, real);
    const node = await this.#mount.command<number>({ op: "add", path, real });
    this.names.set(path, node);
    this.texts.set(node, real);
    this.real.set(node, real);
    return `add ${path}`;
  }

  async #link(path: string, other: string): Promise<string> {
    await this.#mount.command({ op: "link", path, other });
    this.names.set(other, this.names.get(path)!);
    return `link ${path} as ${other}`;
  }

  async #unlink(path: string): Promise<string> {
    const node = this.names.get(path)!;
    if (this.#namesOf(node).length === 1) return await this.#remove(path);
    await this.#mount.command({ op: "unlink", path });
    this.names.delete(path);
    return `unlink ${path}`;
  }

  async #move(from: string, to: string): Promise<string> {
    await this.#mount.command({ op: "move", from, to });
    this.names.set(to, this.names.get(from)!);
    this.names.delete(from);
    return `move ${from} to ${to}`;
  }

  async #rewrite(path: string): Promise<string> {
    const node = this.names.get(path)!;
    const real = this.real.get(node)!;
    const text = `${this.texts.get(node)}+`;
    this.#mount.put(real, text);
    await this.#mount.command({ op: "refresh", path, real });
    this.texts.set(node, text);
    return `rewrite ${path}`;
  }

  async #remove(path: string): Promise<string> {
    await this.#mount.command({ op: "remove", path });
    for (const name of this.#namesOf(this.names.get(path)!)) this.names.delete(name);
    return `remove ${path}`;
  }

  #namesOf(node: number): string[] {
    return [...this.names].filter(([, it]) => it === node).map(([name]) => name);
  }
}

async function seenBy(client: Conversation): Promise<Seen> {
  await client.goOn();
  return JSON.parse(await client.heard());
}

// Before protocol 7.44 the kernel must be told of each name separately.
for (const minorMax of [undefined, 43]) {
  Deno.test({
    name: `a node has all its names, one number and its bytes under each, protocol 7.${
      minorMax ?? "newest"
    } (seed ${SEED})`,
    ignore: !needs("/dev/fuse", "python3", "timeout"),
    async fn() {
      await using mount = new FuseMount();
      await mount.start(minorMax === undefined ? {} : { minorMax });
      const model = new Model(mount, randomNumbers(SEED));
      const client = mount.talk(CLIENT);
      let twice = 0;
      for (let round = 0; round < ROUNDS; round++) {
        const done = `round ${round}, ${await model.change()}`;
        const [files, listings] = await seenBy(client);
        const expected = [...model.names].sort(([a], [b]) => a < b ? -1 : 1)
          .map(([name, node]) => [name, node, node, 1, model.texts.get(node)]);
        assert.deepEqual(files, expected, done);
        for (const cookies of listings) {
          assert.deepEqual(cookies, [...new Set(cookies)].sort((a, b) => a - b), done);
        }
        const places = [...model.names].map(([name, node]) =>
          `${name.slice(0, name.lastIndexOf("/") + 1)} ${node}`
        );
        if (new Set(places).size < places.length) twice++;
      }
      assert.ok(ROUNDS < 40 || twice > 0, "a directory has held a node twice");
      await client.end();
    },
  });
}
