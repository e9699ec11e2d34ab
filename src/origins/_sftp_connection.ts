import { abortable } from "./_abortable.ts";
import { OriginUnreachable } from "./origin.ts";
import type { SftpSession } from "./_sftp_session.ts";

/** A session that nothing was heard from for this long, while somebody waited, is given up. */
const SILENCE_MS = 5_000;
/** The same when a call over it has timed out. */
const DOUBTFUL_SILENCE_MS = 1_000;

type Connect = (signal: AbortSignal) => Promise<SftpSession>;

interface Opening {
  readonly session: Promise<SftpSession>;
  readonly abort: AbortController;
  waiters: number;
}

/** The one connection of an origin: made when it is first needed, shared, and made anew after it was lost. */
export class SftpConnection {
  readonly #connect: Connect;
  #opening: Opening | undefined;
  #session: SftpSession | undefined;
  #isClosed = false;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /** The session; connects when there is none. An attempt that nobody waits for any more is ended. */
  async session(signal?: AbortSignal): Promise<SftpSession> {
    signal?.throwIfAborted();
    if (this.#isClosed) throw closed();
    if (this.#session?.isOpen) return this.#session;
    const opening = this.#opening ??= this.#open();
    opening.waiters++;
    try {
      return await abortable(opening.session, signal);
    } finally {
      if (--opening.waiters === 0 && this.#opening === opening) {
        this.#opening = undefined;
        opening.abort.abort(new OriginUnreachable("Cannot connect: nobody waits any more"));
      }
    }
  }

  /** Waits for what a session was asked, no longer than the signal; then looks whether the server is still there. */
  async await<T>(
    session: SftpSession,
    answer: Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T> {
    const asked = performance.now();
    try {
      return await abortable(answer, signal);
    } catch (error) {
      const silence_ms = Math.min(session.silence_ms, performance.now() - asked);
      if (signal?.aborted && silence_ms >= SILENCE_MS) {
        session.end(silent());
      }
      throw error;
    }
  }

  /** A call timed out: a session that says nothing to others either is given up. */
  renew(): void {
    if (this.#session === undefined || this.#session.silence_ms < DOUBTFUL_SILENCE_MS) return;
    this.#session.end(silent());
  }

  close(): void {
    this.#isClosed = true;
    this.#opening?.abort.abort(closed());
    this.#session?.end(closed());
  }

  #open(): Opening {
    const abort = new AbortController();
    const session = this.#connect(abort.signal).then((session) => {
      if (this.#isClosed) throw session.end(closed());
      this.#session = session;
      return session;
    }).finally(() => {
      if (this.#opening === opening) this.#opening = undefined;
    });
    session.catch(() => {});
    const opening: Opening = { session, abort, waiters: 0 };
    return opening;
  }
}

function silent(): OriginUnreachable {
  return new OriginUnreachable("Cannot go on with SFTP: the server does not answer");
}

function closed(): OriginUnreachable {
  return new OriginUnreachable("Cannot use the origin: it was closed");
}
