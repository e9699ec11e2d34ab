/** Words of the header that SQLite keeps of the journal, in memory that all who have the file open share. */
const HEADER_WORDS = 12;
/** The first of them: the version of that format, which every SQLite that shares a file must agree on. */
const FORMAT = 3_007_000;
/** Beside the name of a file: the shared memory. */
const SUFFIX = "-shm";

/**
 * Tells whether anybody has committed to a SQLite file since a moment, for the price of a look at twelve numbers. SQLite
 * does the same before each transaction, behind two locks: what it compares is the header of the wal-index
 * (https://sqlite.org/walformat.html), which every commit changes. That lies in memory which is mapped for as long as the
 * connection is open.
 */
export class FileMoment {
  #header: Int32Array | undefined;
  readonly #noted = new Int32Array(HEADER_WORDS);

  /** `path` is a file that this process has open, and has asked something. Where its header is not found, nothing is told. */
  constructor(path: string) {
    this.#header = headerOf(path);
  }

  /** The moment is now. */
  note(): void {
    if (this.#header !== undefined) this.#noted.set(this.#header);
  }

  /** Whether it is certain that the file is as it was then. */
  isUnchanged(): boolean {
    const header = this.#header;
    if (header === undefined) return false;
    for (let i = 0; i < HEADER_WORDS; i++) if (header[i] !== this.#noted[i]) return false;
    return true;
  }

  /** Call it before the file is closed: the memory goes with it. */
  close(): void {
    this.#header = undefined;
  }
}

function headerOf(path: string): Int32Array | undefined {
  try {
    const address = mappedAt(Deno.realPathSync(path + SUFFIX));
    const pointer = address === undefined ? null : Deno.UnsafePointer.create(address);
    if (pointer === null) return undefined;
    const bytes = Deno.UnsafePointerView.getArrayBuffer(pointer, HEADER_WORDS * 4);
    const header = new Int32Array(bytes);
    return header[0] === FORMAT ? header : undefined;
  } catch {
    return undefined;
  }
}

/** Where the beginning of a file is mapped in this process. */
function mappedAt(path: string): bigint | undefined {
  for (const line of Deno.readTextFileSync("/proc/self/maps").split("\n")) {
    if (!line.endsWith(path)) continue;
    const [range, rights, offset, , , ...name] = line.split(/ +/);
    if (name.join(" ") !== path || !rights!.startsWith("r") || Number(`0x${offset}`) !== 0) {
      continue;
    }
    return BigInt(`0x${range!.split("-")[0]}`);
  }
  return undefined;
}
