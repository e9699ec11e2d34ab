import { bytesFromString, Exclusions, EXIT, type ExitCode } from "../../base/mod.ts";
import { errorText, FileStatus, openDirectory, readDirectory } from "../../posix/directory.ts";
import { closeFile, cString, errno, libc } from "../../posix/mod.ts";
import { isEmptyMountPoint } from "../local/mount_point.ts";
import { encodeFrame } from "./_frames.ts";
import type { NfsAnswer, NfsRequest, NfsResults, NfsStep } from "./_protocol.ts";
import { LocalOrigin } from "../local/local_origin.ts";
import { type OriginEntry, OriginUnreachable } from "../origin.ts";
import { readBytes } from "../read_bytes.ts";

const lists = new Map<number, AsyncIterator<readonly OriginEntry[]>>();
const status = new FileStatus();
/** Serves stats and reads, and no listing: a listing would fix the root's identity. */
let origin = new LocalOrigin("", "/");

/**
 * `__nfs`: a process that may hang. It carries out the steps of an NFS origin one after the other, with the means of
 * a local origin. Requests come on standard input, one a line; the process ends with its input.
 */
export async function nfsMain(): Promise<ExitCode> {
  say({ kind: "ready" });
  let rest = "";
  for await (const text of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) obey(JSON.parse(line) as NfsRequest);
  }
  return EXIT.done;
}

function obey(request: NfsRequest): void {
  if (request.kind === "start") {
    const { id, root, followsLinks } = request;
    origin = new LocalOrigin(id, root, followsLinks);
  } else void answer(request.number, request.step);
}

async function answer(number: number, step: NfsStep): Promise<void> {
  try {
    say({ kind: "result", number, result: await carryOut(step) });
  } catch (error) {
    const { name, message } = error as Error;
    say({ kind: "failure", number, failure: { name, message } });
  }
}

/** Writes an answer synchronously: nothing else is done until the engine has taken it. */
function say(answer: NfsAnswer): void {
  for (const bytes of encodeFrame(answer)) {
    for (let at = 0; at < bytes.length;) at += Deno.stdout.writeSync(bytes.subarray(at));
  }
}

function carryOut(step: NfsStep): Promise<NfsResults[NfsStep["op"]]> {
  switch (step.op) {
    case "stat":
      return origin.stat(step.path);
    case "link":
      return origin.link(step.path);
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
 * The identity of the root. Throws OriginUnreachable for an empty directory that is not the known one: it is probably
 * the directory over which a share was mounted.
 */
async function check(known: string | undefined): Promise<string> {
  // The kernel may answer the rest of a check from its cache; this call asks the server.
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
  const { list, directory, recursive, after, globs } = step;
  let batches = lists.get(list);
  let identity = step.identity;
  if (batches === undefined) {
    identity = await check(identity);
    batches = new LocalOrigin(origin.id, origin.root, origin.followsLinks).list({
      directory,
      recursive,
      ...(after !== undefined && { after }),
      ...(globs !== undefined && { exclusions: new Exclusions(globs) }),
      onDirectory: (path) => say({ kind: "directory", list, path }),
      onMount: (path) => say({ kind: "mount", list, path }),
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
