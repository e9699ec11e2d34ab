/**
 * Files of which another program wants to be asked before they are opened, as Samba does with kernel oplocks.
 */
import assert from "node:assert/strict";
import { bytesFromString } from "../../src/base/mod.ts";
import {
  closeFile,
  ERRNO,
  O_NONBLOCK,
  O_RDONLY,
  openBeneathLater,
  openRootLater,
  PosixError,
} from "../../src/posix/mod.ts";
import { needs } from "../support/needs.ts";

/** Holds a lease on a file until its input ends, and asks then whether it still does. */
const LEASE = `
import fcntl, os, signal, sys
signal.signal(signal.SIGIO, signal.SIG_IGN)
fd = os.open(sys.argv[1], os.O_RDWR)
fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_WRLCK)
print("held", flush=True)
sys.stdin.read()
print(any(line.split()[1] == "LEASE" and line.split()[-3].endswith(f":{os.fstat(fd).st_ino}")
  for line in open("/proc/locks")), flush=True)
`;

Deno.test({
  name: "why a file cannot be opened is told without waiting for who holds a lease on it",
  ignore: !needs("python3"),
  async fn() {
    const base = Deno.makeTempDirSync();
    const path = `${base}/song`;
    Deno.writeTextFileSync(path, "song");
    const holder = new Deno.Command("python3", {
      args: ["-c", LEASE, path],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    const said = holder.stdout.pipeThrough(new TextDecoderStream()).getReader();
    try {
      assert.equal((await said.read()).value, "held\n");
      const root = await openRootLater(bytesFromString(base));
      await assert.rejects(
        openBeneathLater(root, bytesFromString("song"), O_RDONLY | O_NONBLOCK),
        (error) => error instanceof PosixError && error.errno === ERRNO.EIO,
      );
      closeFile(root);
      await holder.stdin.close();
      assert.equal((await said.read()).value, "True\n", "nobody waited until it was broken");
    } finally {
      await said.cancel();
      try {
        holder.kill("SIGKILL");
      } catch {
        // It ended on its own.
      }
      await holder.status;
      Deno.removeSync(base, { recursive: true });
    }
  },
});
