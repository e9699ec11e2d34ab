import { cFunctions } from "./_c_functions.ts";
import { PosixError } from "./file.ts";
import { cString, errno, libc } from "./libc.ts";

const MFD_CLOEXEC = 1;

const library = cFunctions({
  memfd_create: { parameters: ["buffer", "u32"], result: "i32" },
  pwrite: { name: "pwrite64", parameters: ["i32", "buffer", "u32", "i64"], result: "i32" },
});

/**
 * Memory that is a file without a path (memfd_create(2)). Other processes of the same user open it as
 * `/proc/<pid>/fd/<fd>`, whose `readlink` tells its name. It lives until the last process closes it.
 */
export class SharedMemory {
  readonly fd: number;
  readonly name: string;

  /** Throws PosixError. */
  constructor(name: string) {
    this.fd = library.memfd_create(cString(name), MFD_CLOEXEC);
    if (this.fd < 0) throw new PosixError("memfd_create", errno());
    this.name = name;
  }

  /** Writes all of `bytes` at `offset`. Throws PosixError when there is no memory left. */
  write(bytes: Uint8Array<ArrayBuffer>, offset: number): void {
    for (let done = 0; done < bytes.length;) {
      const rest = done === 0 ? bytes : bytes.subarray(done);
      const count = library.pwrite(this.fd, rest, rest.length, BigInt(offset + done));
      if (count < 0) throw new PosixError("pwrite", errno());
      done += count;
    }
  }

  close(): void {
    libc.close(this.fd);
  }
}
