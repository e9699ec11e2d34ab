import {
  abortableSleep,
  ENGINE_RESTART_MS,
  ENGINE_RESTART_MS_MAX,
  EXIT,
  type Logger,
  messageOf,
  UserError,
} from "../base/mod.ts";

/** When this many engines crashed during one request, the request is the likely cause, and it fails. */
const CRASHES_MAX = 8;

/**
 * How long no engine is started after one refused to start, in ms: changes are noticed all the time, and each would
 * start another engine.
 */
const REFUSED_MS = 5_000;

/** A running engine as the supervisor sees it. */
export interface EngineLink {
  readonly pid: number;
  /** Rejects with {@link EngineGone} when the engine ends before it answers. */
  request(method: string, params: unknown, options: AskOptions): Promise<unknown>;
  /** Resolves with the exit code once the process has ended. */
  readonly ended: Promise<number>;
  kill(): void;
}

/** The engine ended before it answered. Every engine method may be asked again. */
export class EngineGone extends Error {
  override readonly name = "EngineGone";
}

export interface AskOptions {
  readonly deadlineMs?: number;
  /** Aborted when the caller no longer wants the answer. */
  readonly signal?: AbortSignal;
}

export interface SupervisorOptions {
  readonly start: () => EngineLink;
  readonly logger: Logger;
  /** Waits, or returns early when aborted. Tests hand in one that does not wait. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface EngineState {
  /** Why no engine is started any more; null when one can be. */
  readonly problem: string | null;
  readonly state: "off" | "running" | "restarting";
  readonly pid: number | null;
  readonly restarts: number;
}

/**
 * Starts the engine when a request needs it, and again when it crashed: at once the first time, then with a back-off
 * that doubles until an engine lives long enough to answer. An engine that exits with code 0 had nothing more to do. An
 * engine that exits with the code for wrong configuration would do so again: for a while, requests fail and point to
 * its message.
 */
export class EngineSupervisor {
  readonly #options: SupervisorOptions;
  readonly #stopping = new AbortController();
  #engine: EngineLink | undefined;
  #restarting: Promise<void> | undefined;
  /** When an engine last refused to start, ms since the epoch. */
  #refusedAt = -Infinity;
  #restarts = 0;
  #backOff = 0;
  #shunned: string | undefined;

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Ends the engine and starts none any more: every request fails with this reason. */
  shun(why: string): void {
    this.#shunned = why;
    this.#engine?.kill();
  }

  get state(): EngineState {
    return {
      problem: this.#shunned ?? null,
      state: this.#engine !== undefined
        ? "running"
        : this.#restarting !== undefined
        ? "restarting"
        : "off",
      pid: this.#engine?.pid ?? null,
      restarts: this.#restarts,
    };
  }

  /**
   * Sends a request to the engine. Starts the engine when it is off, and asks the next one when it crashes before it
   * answers.
   */
  async request(
    method: string,
    params: unknown,
    options: AskOptions = {},
  ): Promise<unknown> {
    for (let crashes = 0; crashes < CRASHES_MAX; crashes++) {
      if (this.#stopping.signal.aborted) throw new EngineGone("The mount is ending");
      await this.#restarting;
      options.signal?.throwIfAborted();
      if (this.#shunned !== undefined) throw new EngineGone(`There is no engine: ${this.#shunned}`);
      if (Date.now() - this.#refusedAt < REFUSED_MS) {
        throw new UserError("The engine cannot start", {
          hint: "its reason stands in the lines above, or in the log of the mount",
        });
      }
      const engine = this.#engine ?? this.#start();
      try {
        const answer = await engine.request(method, params, options);
        this.#backOff = 0;
        return answer;
      } catch (error) {
        if (!(error instanceof EngineGone)) throw error;
        if (await engine.ended === EXIT.done) crashes--;
      }
    }
    throw new UserError(`The engine crashed ${CRASHES_MAX} times over '${method}'`, {
      hint: "its last words stand in the lines above, or in the log of the mount",
    });
  }

  /** Starts the engine unless it runs. The engine finds by itself what it has to do. */
  wake(): void {
    const isNeeded = this.#engine === undefined && this.#restarting === undefined;
    if (isNeeded && this.#shunned === undefined) this.#start();
  }

  /** Ends the engine. Requests that it has not answered go to the next one. */
  async restart(graceMs: number): Promise<void> {
    this.#shunned = undefined;
    await this.#end(graceMs);
  }

  /** Ends the engine and starts none any more. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping.abort();
    await this.#end(graceMs);
  }

  async #end(graceMs: number): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return;
    engine.request("engine.stop", {}, { deadlineMs: graceMs }).catch(() => {});
    const timer = setTimeout(() => engine.kill(), graceMs);
    await engine.ended;
    clearTimeout(timer);
  }

  #start(): EngineLink {
    const engine = this.#options.start();
    this.#engine = engine;
    engine.ended.then((code) => this.#onEnd(engine, code));
    return engine;
  }

  #onEnd(engine: EngineLink, code: number): void {
    if (this.#engine !== engine) return;
    this.#engine = undefined;
    if (code === EXIT.done || this.#stopping.signal.aborted || this.#shunned !== undefined) return;
    const { logger } = this.#options;
    if (code === EXIT.usage) {
      this.#refusedAt = Date.now();
      logger.error("the engine refused to start; what is known stays readable");
      return;
    }
    this.#restarts++;
    const wait = this.#backOff;
    this.#backOff = Math.min(Math.max(ENGINE_RESTART_MS, wait * 2), ENGINE_RESTART_MS_MAX);
    logger.warn(`the engine ended with code ${code}; starting it again in ${wait} ms`);
    const sleep = this.#options.sleep ?? abortableSleep;
    this.#restarting = sleep(wait, this.#stopping.signal).then(() => {
      this.#restarting = undefined;
      if (this.#stopping.signal.aborted || this.#engine !== undefined) return;
      try {
        this.#start();
      } catch (error) {
        logger.error(`Cannot start the engine: ${messageOf(error)}`);
      }
    });
  }
}
