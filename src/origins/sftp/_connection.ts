import { abortable } from "../abortable.ts";
import { OriginUnreachable } from "../origin.ts";
import type { SftpSession } from "./_session.ts";

/** A session is given up when the server was silent for this long while a call waited. */
const SILENCE_MS = 5_000;
/** The same after a call over the session has timed out. */
const DOUBTFUL_SILENCE_MS = 1_000;

type Connect = (signal: AbortSignal) => Promise<SftpSession>;

interface Opening {
  readonly session: Promise<SftpSession>;
  readonly abort: AbortController;
  waiters: number;
}

/** The single connection of an origin: made when it is first needed, shared, and made anew after it was lost. */
export class SftpConnection {
  readonly #connect: Connect;
  #opening: Opening | undefined;
  #session: SftpSession | undefined;
  #isClosed = false;

  constructor(connect: Connect) {
    this.#connect = connect;
  }

  /** The session; connects when there is none. An attempt to connect ends when every caller has given up. */
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

  /** Awaits an answer of a session until the signal is aborted; then gives the session up if the server is silent. */
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

  /** To be called when a call has timed out: gives up a session that is silent to every other call as well. */
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
