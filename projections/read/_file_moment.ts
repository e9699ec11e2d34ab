/**
 * How many 32-bit words the header of SQLite's wal-index has. It is in memory that all processes with the file open
 * share.
 */
const HEADER_WORDS = 12;
/** The first word of the header: the version of the format, on which every SQLite that shares a file must agree. */
const FORMAT = 3_007_000;
/** The suffix of the shared memory's file, which is beside the database. */
const SUFFIX = "-shm";

/**
 * Tells whether anybody has committed to a SQLite file since a moment, at the price of comparing twelve numbers. SQLite
 * does the same before each transaction, behind two locks: it compares the header of the wal-index
 * (https://sqlite.org/walformat.html), which every commit changes. The header is in memory that is mapped as long as
 * the connection is open.
 */
export class FileMoment {
  #header: Int32Array | undefined;
  readonly #noted = new Int32Array(HEADER_WORDS);

  /**
   * `path` is a file that this process has open and has queried. When its header is not found, nothing counts as
   * unchanged.
   */
  constructor(path: string) {
    this.#header = headerOf(path);
  }

  /** Makes now the moment to compare with. */
  note(): void {
    if (this.#header !== undefined) this.#noted.set(this.#header);
  }

  /** Whether it is certain that the file is as it was at the noted moment. */
  isUnchanged(): boolean {
    const header = this.#header;
    if (header === undefined) return false;
    for (let i = 0; i < HEADER_WORDS; i++) if (header[i] !== this.#noted[i]) return false;
    return true;
  }

  /** To be called before the file is closed, which unmaps the memory. */
  close(): void {
    this.#header = undefined;
  }
}

function headerOf(path: string): Int32Array | undefined {
  try {
    const { dev, ino } = Deno.statSync(path + SUFFIX);
    const address = ino === null
      ? undefined
      : mappedAt(Deno.readTextFileSync("/proc/self/maps"), dev, ino);
    const pointer = address === undefined ? null : Deno.UnsafePointer.create(address);
    if (pointer === null) return undefined;
    const bytes = Deno.UnsafePointerView.getArrayBuffer(pointer, HEADER_WORDS * 4);
    const header = new Int32Array(bytes);
    return header[0] === FORMAT ? header : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The address at which the beginning of a file is mapped, out of a text of /proc/PID/maps; undefined unless there is exactly
 * one such mapping that can be read. The file is told by device and inode: two files have the same path there when a file
 * system was mounted over one of them, and memory of a file that another connection closes is gone.
 */
export function mappedAt(maps: string, dev: number, ino: number): bigint | undefined {
  const device = `${hex(deviceMajor(dev))}:${hex(deviceMinor(dev))}`;
  let found: bigint | undefined;
  for (const line of maps.split("\n")) {
    const [range, rights, offset, where, inode] = line.split(/ +/);
    if (where !== device || inode !== `${ino}` || Number(`0x${offset}`) !== 0) continue;
    if (!rights!.startsWith("r") || found !== undefined) return undefined;
    found = BigInt(`0x${range!.split("-")[0]}`);
  }
  return found;
}

/** The parts of a device number, as gnu_dev_makedev of the C library puts them together. */
function deviceMajor(dev: number): number {
  return Math.floor(dev / 2 ** 8) % 2 ** 12;
}

function deviceMinor(dev: number): number {
  return dev % 2 ** 8 + Math.floor(dev / 2 ** 20) % 2 ** 12 * 2 ** 8;
}

function hex(number: number): string {
  return number.toString(16).padStart(2, "0");
}
