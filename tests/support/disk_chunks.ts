import assert from "node:assert/strict";
import { DiskChunkStore, loadChecksum, nameOf } from "../../src/cache/store/mod.ts";
import { randomBytes } from "../contract/chunk_store_suite.ts";

export const checksum = await loadChecksum();

export interface DiskPlace extends Disposable {
  readonly store: DiskChunkStore;
  readonly path: string;
}

/** Runs a test with a store that holds one chunk, and with that chunk's file. */
export async function withChunk(
  body: (
    at: DiskPlace & { hash: string; bytes: Uint8Array<ArrayBuffer>; file: string },
  ) => void | Promise<void>,
  { keepOpen = 0, length = 1000 } = {},
): Promise<void> {
  using place = diskPlace(keepOpen);
  const bytes = randomBytes(length);
  const hash = await nameOf(bytes);
  place.store.put(hash, bytes);
  await body({ ...place, hash, bytes, file: `${place.path}/${hash.slice(0, 2)}/${hash}` });
}

export interface Damage {
  readonly name: string;
  readonly fault: string;
  readonly do: (file: string) => void;
}

export const DAMAGES: readonly Damage[] = [
  { name: "truncated", fault: "truncated", do: (file) => Deno.truncateSync(file, 500) },
  { name: "emptied", fault: "truncated", do: (file) => Deno.truncateSync(file, 0) },
  { name: "without its checksum", fault: "truncated", do: (file) => Deno.truncateSync(file, 1000) },
  {
    name: "longer than it was",
    fault: "corrupt",
    do: (file) => Deno.writeFileSync(file, new Uint8Array(1), { append: true }),
  },
  {
    name: "full of zeros, as after a power cut",
    fault: "corrupt",
    do: (file) => Deno.writeFileSync(file, new Uint8Array(1008)),
  },
  { name: "deleted", fault: "missing", do: (file) => Deno.removeSync(file) },
  {
    name: "replaced by a directory with something in it",
    fault: "unreadable",
    do: (file) => {
      Deno.removeSync(file);
      Deno.mkdirSync(`${file}/inner`, { recursive: true });
    },
  },
  {
    name: "replaced by a FIFO",
    fault: "unreadable",
    do: (file) => {
      Deno.removeSync(file);
      assert.equal(new Deno.Command("mkfifo", { args: [file] }).outputSync().code, 0);
    },
  },
  {
    name: "replaced by a link to a file with its bytes",
    fault: "unreadable",
    do: (file) => {
      Deno.renameSync(file, `${file}.away`);
      Deno.symlinkSync(`${file}.away`, file);
    },
  },
  {
    name: "in a directory that became a file",
    fault: "missing",
    do: (file) => {
      const directory = file.slice(0, file.lastIndexOf("/"));
      Deno.removeSync(directory, { recursive: true });
      Deno.writeTextFileSync(directory, "");
    },
  },
];

export function diskPlace(keepOpen = 0): DiskPlace {
  const parent = Deno.makeTempDirSync({ prefix: "musicfs-chunks-" });
  const path = `${parent}/cache/chunks`;
  const store = new DiskChunkStore(path, checksum, { floor: () => 0, keepOpen });
  return {
    store,
    path,
    [Symbol.dispose]: () => {
      store.close();
      Deno.removeSync(parent, { recursive: true });
    },
  };
}
