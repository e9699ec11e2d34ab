/**
 * The thread that may hang: it carries out one step of an NFS origin after the other, with the means of a local one.
 *
 * @module
 */
import { bytesFromString } from "../base/mod.ts";
import { errorText, FileStatus, openDirectory, readDirectory } from "../posix/directory.ts";
import { closeFile, cString, errno, libc } from "../posix/mod.ts";
import { isEmptyMountPoint } from "./_mount_point.ts";
import type { NfsAnswer, NfsRequest, NfsResults, NfsStep } from "./_nfs_protocol.ts";
import { LocalOrigin } from "./local_origin.ts";
import { type OriginEntry, OriginUnreachable } from "./origin.ts";
import { readBytes } from "./read_bytes.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<NfsRequest>) => void;
  postMessage(answer: NfsAnswer, transfer?: Transferable[]): void;
};

const lists = new Map<number, AsyncIterator<readonly OriginEntry[]>>();
const status = new FileStatus();
/** Never lists: it would take the root that it met then for the only right one. */
let origin = new LocalOrigin("", "/");

scope.onmessage = ({ data }) => {
  if (data.kind === "start") {
    origin = new LocalOrigin(data.id, data.root, data.followsLinks);
  } else if (data.kind === "end") void end();
  else void answer(data.number, data.step);
};

async function answer(number: number, step: NfsStep): Promise<void> {
  try {
    const result = await carryOut(step);
    const transfer = result instanceof Uint8Array ? [result.buffer] : [];
    scope.postMessage({ kind: "result", number, result }, transfer);
  } catch (error) {
    const { name, message } = error as Error;
    scope.postMessage({ kind: "failure", number, failure: { name, message } });
  }
}

function carryOut(step: NfsStep): Promise<NfsResults[NfsStep["op"]]> {
  switch (step.op) {
    case "stat":
      return origin.stat(step.path);
    case "read": {
      const { path, offset, length, version } = step;
      return readBytes(origin, path, offset, length, version && { version });
    }
    case "check":
      return check(step.identity);
    case "list":
      return nextBatch(step);
    case "leave":
      return leave(step.list);
  }
}

/**
 * Identity of the root, if it may be the right one: an empty directory that is not the one it was is what a share
 * was mounted over.
 */
async function check(known: string | undefined): Promise<string> {
  // What else a check needs the kernel may have cached: this it asks the server.
  if (libc.statfs(cString(bytesFromString(origin.root)), new Uint8Array(256)) !== 0) {
    throw new OriginUnreachable(`Cannot reach ${origin.root}: ${errorText(errno())}`);
  }
  await origin.check();
  const identity = rootIdentity();
  const isRight = identity === known || !isRootEmpty() ||
    (known === undefined && !isEmptyMountPoint(origin.root));
  if (isRight) return identity;
  throw new OriginUnreachable(`Cannot reach ${origin.root}: nothing is mounted there`);
}

async function nextBatch(step: NfsStep & { op: "list" }): Promise<NfsResults["list"]> {
  const { list, directory, recursive, after } = step;
  let batches = lists.get(list);
  let identity = step.identity;
  if (batches === undefined) {
    identity = await check(identity);
    batches = new LocalOrigin(origin.id, origin.root, origin.followsLinks).list({
      directory,
      recursive,
      ...(after !== undefined && { after }),
      onDirectory: (path) => scope.postMessage({ kind: "directory", list, path }),
    });
    lists.set(list, batches);
  }
  const { done, value } = await batches.next();
  if (done) lists.delete(list);
  return { identity, batch: done ? undefined : value };
}

async function leave(list: number): Promise<null> {
  await lists.get(list)?.return?.();
  lists.delete(list);
  return null;
}

async function end(): Promise<void> {
  for (const list of lists.keys()) await leave(list);
  scope.postMessage({ kind: "ended" });
}

function rootIdentity(): string {
  return status.ofPath(bytesFromString(origin.root)) === 0 ? status.identity : "";
}

function isRootEmpty(): boolean {
  const fd = openDirectory(bytesFromString(origin.root));
  try {
    return readDirectory(fd).length === 0;
  } finally {
    closeFile(fd);
  }
}
