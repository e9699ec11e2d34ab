import assert from "node:assert/strict";
import {
  closeFile,
  ERRNO,
  fileVersion,
  hasVersion,
  O_RDONLY,
  openFile,
  PosixError,
  readFileAt,
} from "./mod.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

Deno.test("fileVersion() says the same as stat, to the nanosecond", () => {
  const path = Deno.makeTempFileSync();
  Deno.writeFileSync(path, new Uint8Array(1234));
  Deno.utimeSync(path, 0, 1_234_567_890.25);
  const fd = openFile(bytes(path), O_RDONLY);
  try {
    const version = fileVersion(fd);
    const { ino, ctime } = Deno.statSync(path);
    const { ctime_s, ctime_ns, ...others } = version;
    assert.deepEqual(others, {
      regular: true,
      size: 1234,
      mtime_s: 1_234_567_890,
      mtime_ns: 250_000_000,
      inode: ino,
    });
    assert.equal(ctime_s, Math.floor(ctime!.getTime() / 1_000));
    assert.ok(0 <= ctime_ns && ctime_ns < 1e9);
    assert.equal(hasVersion(fd, version), true);
    Deno.utimeSync(path, 0, -2);
    const early = fileVersion(fd);
    assert.equal(early.mtime_s, -2);
    assert.equal(hasVersion(fd, early), true);
    assert.equal(hasVersion(fd, { ...early, inode: ino! + 1 }), false);
    // As many bytes as before, and the old mtime put back: only the ctime tells the difference.
    Deno.writeFileSync(path, new Uint8Array(1234).fill(1), { append: false });
    Deno.utimeSync(path, 0, -2);
    assert.equal(hasVersion(fd, early), false);
    const { size, mtime_s, mtime_ns } = early;
    assert.equal(hasVersion(fd, { size, mtime_s, mtime_ns }), true);
    Deno.truncateSync(path, 5);
    assert.equal(hasVersion(fd, version), false);
    assert.equal(fileVersion(fd).size, 5);
  } finally {
    closeFile(fd);
    Deno.removeSync(path);
  }
});

Deno.test("a read is cut short by the end of the file alone", () => {
  const path = Deno.makeTempFileSync();
  Deno.writeTextFileSync(path, "0123456789");
  const fd = openFile(bytes(path), O_RDONLY);
  try {
    const into = new Uint8Array(6);
    assert.equal(readFileAt(fd, 7, into), 3);
    assert.equal(new TextDecoder().decode(into.subarray(0, 3)), "789");
    assert.equal(readFileAt(fd, 2 ** 40, into), 0);
  } finally {
    closeFile(fd);
    Deno.removeSync(path);
  }
});

Deno.test("a failed call carries its errno", () => {
  assert.throws(
    () => openFile(bytes("/proc/no such file"), O_RDONLY),
    (error) => error instanceof PosixError && error.errno === ERRNO.ENOENT,
  );
  assert.throws(() => fileVersion(-1), PosixError);
});

Deno.test("a process becomes another: same pid, new arguments and environment, no stray files", async () => {
  const module = new URL("./process.ts", import.meta.url).href;
  const script = `const { replaceProcess } = await import(${JSON.stringify(module)});
    Deno.openSync("/dev/null");
    replaceProcess(["/bin/sh", "-c", "echo $0 $1 $GREETING $$; ls /proc/self/fd | wc -l", "nul", "a b"],
      { GREETING: "hello", PATH: "/usr/bin:/bin" });`;
  const child = new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", script],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
  const { stdout } = await child.output();
  const [line, files] = new TextDecoder().decode(stdout).split("\n");
  assert.equal(line, `nul a b hello ${child.pid}`);
  // Standard input, output and error, and the directory that ls reads.
  assert.equal(Number(files), 4);
});
