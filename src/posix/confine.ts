import { cFunctions } from "./_c_functions.ts";
import { PosixError } from "./file.ts";
import { errno, libc } from "./libc.ts";

const library = cFunctions({
  prctl: { parameters: ["i32", "u64"], result: "i32" },
});

const PR_SET_PDEATHSIG = 1;
const SIGKILL = 9n;
const RLIMIT_DATA = 2;
const RLIMIT_CORE = 4;

/**
 * Bounds this process: it can take `moreBytes` of memory beyond what it has now, leaves no core dump, and dies with
 * the process that started it. The bound is RLIMIT_DATA, which counts writable memory, also outside of V8's heap, and
 * not the address space that V8 reserves. Throws PosixError.
 */
export function confineProcess(moreBytes: number): void {
  if (library.prctl(PR_SET_PDEATHSIG, SIGKILL) < 0) throw new PosixError("prctl", errno());
  setLimit(RLIMIT_CORE, 0);
  setLimit(RLIMIT_DATA, dataBytes() + moreBytes);
}

/** Sets a limit for good, or leaves it when it is lower already, since only root may raise one. */
function setLimit(resource: number, value: number): void {
  const limit = new BigUint64Array(2);
  const bytes = new Uint8Array(limit.buffer);
  if (libc.getrlimit(resource, bytes) < 0) throw new PosixError("getrlimit", errno());
  if (limit[1]! > BigInt(value)) limit.fill(BigInt(value));
  if (libc.setrlimit(resource, bytes) < 0) throw new PosixError("setrlimit", errno());
}

/** The bytes that count for RLIMIT_DATA at this moment. */
function dataBytes(): number {
  const status = Deno.readTextFileSync("/proc/self/status");
  return Number(/^VmData:\s*(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
