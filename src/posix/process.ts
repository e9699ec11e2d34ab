import { addressOf, cString, errno, libc } from "./libc.ts";
import { PosixError } from "./file.ts";

const RLIMIT_NOFILE = 7;
const F_DUPFD_CLOEXEC = 1030;
/** close_range(2), by number: the number is the same on every architecture, and glibc has a wrapper only since 2.34. */
const SYS_CLOSE_RANGE = 436;
const CLOSE_RANGE_CLOEXEC = 4;

/**
 * Becomes another program with the same pid; nothing of this one is left. Descriptors above the standard three are
 * closed on the way. `argv[0]` is the path of the program. Never returns: throws PosixError when it fails.
 */
export function replaceProcess(argv: readonly string[], env: Record<string, string>): never {
  const program = argv[0] ?? "";
  const variables = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  const args = pointerArray(argv);
  const environment = pointerArray(variables);
  libc.syscall(SYS_CLOSE_RANGE, 3, 0xffffffff, CLOSE_RANGE_CLOEXEC);
  libc.execve(cString(program), args.pointers, environment.pointers);
  const why = errno();
  // Keeps the strings alive until here, since the arrays hold only their addresses.
  void [args.strings, environment.strings];
  throw new PosixError(`execve of ${program}`, why);
}

/** Starts a session without a terminal: signals of the old terminal no longer arrive. Throws PosixError. */
export function startSession(): void {
  if (libc.setsid() < 0) throw new PosixError("setsid", errno());
}

/** Raises the limit of open files to what the administrator allows, and returns it. */
export function raiseOpenFilesLimit(): number {
  const limit = new BigUint64Array(2);
  const bytes = new Uint8Array(limit.buffer);
  if (libc.getrlimit(RLIMIT_NOFILE, bytes) < 0) throw new PosixError("getrlimit", errno());
  limit[0] = limit[1]!;
  if (libc.setrlimit(RLIMIT_NOFILE, bytes) < 0) throw new PosixError("setrlimit", errno());
  return Number(limit[0]);
}

/**
 * Makes room for `count` open files now. Otherwise the kernel doubles its table of them whenever it is full, and each
 * time every thread of the process waits some 10 ms.
 */
export function reserveOpenFiles(count: number): void {
  const fd = libc.fcntl(0, F_DUPFD_CLOEXEC, count);
  if (fd >= 0) libc.close(fd);
}

function pointerArray(texts: readonly string[]) {
  const strings = texts.map(cString);
  const pointers = new BigUint64Array(strings.length + 1);
  strings.forEach((text, index) => pointers[index] = addressOf(text));
  return { strings, pointers: new Uint8Array(pointers.buffer) };
}

const PRIO_PROCESS = 0;

/** Lowers this thread's priority for good (nice 10), so that others get the processors first. */
export function giveWay(): void {
  // Linux applies it to the calling thread alone, and permits it to everybody.
  libc.setpriority(PRIO_PROCESS, 0, 10);
}
