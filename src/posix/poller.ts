import { cFunctions } from "./_c_functions.ts";
import { PosixError } from "./file.ts";
import { errno, libc } from "./libc.ts";

const POLLIN = 1;
const POLLOUT = 4;
const EFD_NONBLOCK = 0o4000;
const EFD_CLOEXEC = 0o2000000;
/** struct pollfd: fd, events, revents. */
const POLLFD_BYTES = 8;

const library = cFunctions({
  eventfd: { parameters: ["u32", "i32"], result: "i32" },
});

/** What to wait for on a descriptor. A hang-up or an error counts as readable and as writable. */
export interface Interest {
  readonly fd: number;
  readonly readable: boolean;
  readonly writable: boolean;
}

/**
 * Waits on any number of descriptors with one blocked thread; `wake()` ends the wait early. Nothing is registered:
 * every wait names its descriptors.
 */
export class Poller {
  readonly #wake: number;

  constructor() {
    this.#wake = library.eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (this.#wake < 0) throw new PosixError("eventfd", errno());
  }

  /** Resolves with the descriptors that are ready; with none after {@link wake}. */
  async wait(interests: readonly Interest[]): Promise<ReadonlySet<number>> {
    const polled = [{ fd: this.#wake, readable: true, writable: false }, ...interests];
    const table = new DataView(new ArrayBuffer(polled.length * POLLFD_BYTES));
    polled.forEach(({ fd, readable, writable }, i) => {
      table.setInt32(i * POLLFD_BYTES, fd, true);
      const events = (readable ? POLLIN : 0) | (writable ? POLLOUT : 0);
      table.setInt16(i * POLLFD_BYTES + 4, events, true);
    });
    await libc.pollLater(new Uint8Array(table.buffer), polled.length, -1);
    libc.read(this.#wake, new Uint8Array(8), 8);
    const ready = new Set<number>();
    polled.forEach(({ fd }, i) => {
      if (i > 0 && table.getInt16(i * POLLFD_BYTES + 6, true) !== 0) ready.add(fd);
    });
    return ready;
  }

  /** Ends the wait that is under way, or else the next one. */
  wake(): void {
    libc.write(this.#wake, new Uint8Array(new BigUint64Array([1n]).buffer), 8);
  }

  /** To be called after the last wait has ended. */
  close(): void {
    libc.close(this.#wake);
  }
}
