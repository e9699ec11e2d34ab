/**
 * The part of an engine that fetches content, over a directory of files. It runs in a process of its own, as in the
 * real program, and shares what it read in anonymous memory. It is slow, wrong, silent or dead when a test says so.
 *
 * usage: deno run -A stand_in_engine.ts DIRECTORY
 *
 * @module
 */
import { LOG_START } from "../../src/base/mod.ts";
import { methods } from "../../src/control/methods/mod.ts";
import { RpcPeer, webByteStream } from "../../src/control/mod.ts";
import type { EngineMethods, FetchReply } from "../../src/control/protocol.ts";
import { libc } from "../../src/posix/mod.ts";

type FetchParams = EngineMethods["content.fetch"]["params"];

/** The behaviour from now on; absent fields stay as they are. */
export interface Behaviour {
  /** Whether answers are held back. */
  held?: boolean;
  /** How long every fetch takes, in ms. */
  delayMs?: number;
  /** The error of every fetch; null for none. */
  errno?: "ESTALE" | "EIO" | null;
  /** How many further answers name memory that is gone. */
  gone?: number;
  /** Whether fetches answer that everything is stored. */
  stored?: boolean;
}

/** The requests so far. */
export interface Asked {
  fetches: FetchParams[];
  aheads: FetchParams[];
  heard: number[];
  played: number[];
  used: number[][];
  corrupt: string[];
}

/** How many later pieces may be shared before a piece's memory is closed. */
const SHARED_MAX = 1_000;
const EXIT_CRASHED = 70;

const library = Deno.dlopen("libc.so.6", {
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
}).symbols;

if (import.meta.main) serve(Deno.args[0]!);

function serve(directory: string): void {
  const files = new Map<number, string>();
  const asked: Asked = { fetches: [], aheads: [], heard: [], played: [], used: [], corrupt: [] };
  const behaviour: Required<Behaviour> = {
    ...{ held: false, delayMs: 0, errno: null, gone: 0, stored: false },
  };
  let released = Promise.withResolvers<void>();
  const shared: number[] = [];
  let created = 0;

  const share = ({ file, from, to }: FetchParams): FetchReply => {
    const name = `stand-in ${++created}`;
    const bytes = readRange(`${directory}/${files.get(file)}`, from, to);
    const fd = library.memfd_create(new TextEncoder().encode(`${name}\0`), 1);
    if (libc.write(fd, bytes, bytes.length) !== bytes.length) throw new Error("no memory");
    shared.push(fd);
    if (shared.length > SHARED_MAX) libc.close(shared.shift()!);
    const isGone = behaviour.gone > 0 && behaviour.gone-- > 0;
    const pieces = [{ from, to, fd, name: isGone ? "another" : name, base: from }];
    return { pid: Deno.pid, shared: behaviour.stored ? [] : pieces, last_seq: LOG_START };
  };
  const served = methods({
    "content.fetch": async (params, { signal }) => {
      asked.fetches.push(params);
      if (behaviour.held) await released.promise;
      if (behaviour.delayMs > 0) await new Promise((go) => setTimeout(go, behaviour.delayMs));
      signal.throwIfAborted();
      const { errno } = behaviour;
      return errno === null ? share(params) : { errno, message: "as the test wants it" };
    },
    "content.ahead": (params) => (asked.aheads.push(params), null),
    "content.heard": ({ track }) => (asked.heard.push(track), null),
    "content.played": ({ track }) => (asked.played.push(track), null),
    "content.used": ({ files }) => (asked.used.push(files), null),
    "content.corrupt": ({ hash }) => (asked.corrupt.push(hash), null),
    "engine.stop": () => Deno.exit(0),
  });
  const told: [string, (params: never) => unknown][] = [
    ["test.file", ({ file, path }: { file: number; path: string }) => void files.set(file, path)],
    ["test.behave", (wanted: Behaviour) => {
      Object.assign(behaviour, wanted);
      if (wanted.held) released = Promise.withResolvers();
      if (wanted.held === false) released.resolve();
    }],
    ["test.asked", () => asked],
    ["test.crash", () => void setTimeout(() => Deno.exit(EXIT_CRASHED))],
  ];
  const service = { methods: new Map([...served!, ...told as Iterable<[string, () => unknown]>]) };
  const peer = new RpcPeer(webByteStream(Deno.stdin.readable, Deno.stdout.writable), { service });
  peer.closed.then(() => Deno.exit(0));
}

function readRange(path: string, from: number, to: number): Uint8Array<ArrayBuffer> {
  using file = Deno.openSync(path);
  file.seekSync(from, Deno.SeekMode.Start);
  const bytes = new Uint8Array(to - from);
  for (let at = 0; at < bytes.length;) {
    const count = file.readSync(bytes.subarray(at));
    if (count === null) throw new Error(`${path} ends before ${to}`);
    at += count;
  }
  return bytes;
}
