/**
 * Files for which another program holds a lease and wants to be asked before they are opened, as Samba does with
 * kernel oplocks.
 */
import assert from "node:assert/strict";
import { bytesFromString } from "../../src/base/mod.ts";
import { LineReader } from "../../src/control/rpc/line_reader.ts";
import {
  closeFile,
  ERRNO,
  O_NONBLOCK,
  O_RDONLY,
  openBeneathLater,
  openRootLater,
  PosixError,
} from "../../src/posix/mod.ts";
import { LocalOrigin } from "../../src/origins/mod.ts";
import { readFile } from "../../src/metadata/readers/read_file.ts";
import { needs } from "../support/needs.ts";

/**
 * Holds a lease on a file until its input ends, and then says whether it still holds it. With `yield` it gives the
 * lease back when a process wants to open the file.
 */
const LEASE = `
import fcntl, os, signal, sys
fd = os.open(sys.argv[1], os.O_RDWR)
give = lambda *_: fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_UNLCK)
signal.signal(signal.SIGIO, give if sys.argv[2] == "yield" else signal.SIG_IGN)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
os.write(1, b"held\\n")
while os.read(0, 1): pass
held = any(line.split()[1] == "LEASE" and line.split()[-3].endswith(f":{os.fstat(fd).st_ino}")
  for line in open("/proc/locks"))
os.write(1, b"still held\\n" if held else b"given back\\n")
`;

/** A file `song` on which another process holds a lease. */
class LeasedFile implements AsyncDisposable {
  readonly base = Deno.makeTempDirSync();
  readonly #holder: Deno.ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(answer: "keep" | "yield") {
    Deno.writeTextFileSync(`${this.base}/song.flac`, "song");
    this.#holder = new Deno.Command("python3", {
      args: ["-c", LEASE, `${this.base}/song.flac`, answer],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = linesOf(this.#holder.stdout);
  }

  static async held(answer: "keep" | "yield"): Promise<LeasedFile> {
    const file = new LeasedFile(answer);
    assert.equal((await file.#lines.next()).value, "held");
    return file;
  }

  /** Ends the holder, and resolves with what became of the lease. */
  async ended(): Promise<string> {
    await this.#holder.stdin.close();
    return (await this.#lines.next()).value;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lines.return?.();
    await this.#holder.stdin.close().catch(() => {});
    try {
      this.#holder.kill("SIGKILL");
    } catch {
      // The holder has ended by itself.
    }
    await this.#holder.status;
    Deno.removeSync(this.base, { recursive: true });
  }
}

/** The lines of a stream; one read of a pipe may give part of a line. */
async function* linesOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<string> {
  const lines = new LineReader(1_000);
  for await (const bytes of stream) {
    for (const line of lines.push(bytes)) yield new TextDecoder().decode(line);
  }
}

async function open(base: string): Promise<void> {
  const root = await openRootLater(bytesFromString(base));
  try {
    closeFile(
      await openBeneathLater(root, bytesFromString("song.flac"), O_RDONLY | O_NONBLOCK),
    );
  } finally {
    closeFile(root);
  }
}

const ignore = !needs("python3");

Deno.test({
  name:
    "a file on which somebody keeps a lease can't be opened, and nobody waits until it is broken",
  ignore,
  async fn() {
    await using file = await LeasedFile.held("keep");
    await assert.rejects(
      open(file.base),
      (error) => error instanceof PosixError && error.errno === ERRNO.EIO,
    );
    assert.equal(await file.ended(), "still held");
  },
});

Deno.test({
  name: "a file whose lease is given back on demand can be opened",
  ignore,
  async fn() {
    await using file = await LeasedFile.held("yield");
    await open(file.base);
    assert.equal(await file.ended(), "given back");
  },
});

Deno.test({
  name:
    "a scan lists a file on which somebody keeps a lease, and calls it unread for now, without waiting",
  ignore,
  async fn() {
    await using file = await LeasedFile.held("keep");
    const origin = new LocalOrigin("local", file.base);
    const listed: string[] = [];
    for await (const entries of origin.list()) listed.push(...entries.map(({ path }) => path));
    assert.deepEqual(listed, ["song.flac"]);
    const reading = await readFile(file.base, "song.flac", {});
    assert.ok("unreadable_kind" in reading && reading.unreadable_kind === "io");
    await assert.rejects(origin.read("song.flac", 0, 4).next(), /Cannot read song.flac/);
    await origin.close();
    assert.equal(await file.ended(), "still held");
  },
});
