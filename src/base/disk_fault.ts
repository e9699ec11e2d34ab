/** What is wrong with a disk, in the user's words. */
export interface DiskFault {
  readonly what: string;
  readonly hint: string;
}

/** errno(3) values, as LMDB and PosixError have them and as Deno puts them into its messages. */
const FAULTS: Readonly<Record<number, DiskFault>> = {
  28: { what: "the disk is full", hint: "Free some space; it goes on by itself then" },
  122: { what: "the disk quota is used up", hint: "Free some space; it goes on by itself then" },
  // LMDB says EIO for a write that came out short, which is how a disk that is just filling up shows.
  5: {
    what: "the disk is full or fails",
    hint: "Free some space; with space left, `dmesg` says what the disk has",
  },
  30: { what: "the file system is read-only", hint: "Name another directory" },
  13: { what: "permission denied", hint: "Check whose directory it is: `ls -ld` says so" },
};

/** What SQLite says in place of an errno. */
const SQLITE: readonly [message: string, errno: number][] = [
  ["database or disk is full", 28],
  ["disk I/O error", 5],
  ["attempt to write a readonly database", 30],
];

/** Undefined for what is no fault of a disk, or none that is known. */
export function diskFault(error: unknown): DiskFault | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code, errno } = error as { code?: unknown; errno?: unknown };
  const number = Number(
    [code, errno].find((value) => typeof value === "number") ??
      /\(os error (\d+)\)/.exec(error.message)?.[1] ??
      SQLITE.find(([message]) => error.message.includes(message))?.[1],
  );
  return FAULTS[number];
}
