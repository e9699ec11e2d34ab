/** What is wrong with a disk, in the user's words. */
export interface DiskFault {
  readonly what: string;
  readonly hint: string;
}

/** Faults by errno(3) number: LMDB and PosixError carry it as a number, Deno puts it into its messages. */
const FAULTS: Readonly<Record<number, DiskFault>> = {
  28: { what: "the disk is full", hint: "Free some space; it goes on by itself then" },
  122: { what: "the disk quota is used up", hint: "Free some space; it goes on by itself then" },
  // LMDB reports EIO for a write that was cut short, which is what it meets while a disk fills up.
  5: {
    what: "the disk is full or fails",
    hint: "Free some space; with space left, `dmesg` says what the disk has",
  },
  30: { what: "the file system is read-only", hint: "Name another directory" },
  13: { what: "permission denied", hint: "Check whose directory it is: `ls -ld` says so" },
};

/** SQLite's messages, each with the errno of the same fault. */
const SQLITE: readonly [message: string, errno: number][] = [
  ["database or disk is full", 28],
  ["disk I/O error", 5],
  ["attempt to write a readonly database", 30],
];

/** The disk fault that an error reports; undefined for every other error. */
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
