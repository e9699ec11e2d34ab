import {
  ENGINE_RESTART_MS,
  ENGINE_RESTART_MS_MAX,
  EXIT,
  type Logger,
  messageOf,
  UserError,
} from "../base/mod.ts";

/** One request that ends so many engines is the reason why they end. */
const CRASHES_MAX = 8;

/** A refusal stands this long, so that what is noticed every moment does not start an engine every moment. */
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

/** The engine ended before it answered; every engine method may be asked again. */
export class EngineGone extends Error {
  override readonly name = "EngineGone";
}

export interface AskOptions {
  readonly deadlineMs?: number;
  /** Aborted when nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

export interface SupervisorOptions {
  readonly start: () => EngineLink;
  readonly logger: Logger;
  /** Waits, or returns early when aborted. Handed in so that tests need not wait. */
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<void>;
}

export interface EngineState {
  /** Why none is started any more; null when one can be. */
  readonly problem: string | null;
  readonly state: "off" | "running" | "restarting";
  readonly pid: number | null;
  readonly restarts: number;
}

/**
 * Starts the engine when something is asked of it, and again when it crashed: at once the first time, then
 * with a back-off that doubles, until one lives long enough to answer. An engine that leaves with code 0 had
 * nothing more to do. One that leaves with the code for wrong configuration would only do so again, so what
 * was asked fails with what it said.
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

  /** Ends the engine, and starts none any more: whoever asks is told why. */
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

  /** Asks the engine, starting it when it is off and asking again when it crashed meanwhile. */
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

  /** Starts the engine unless it runs; what it finds to do, it does by itself. */
  wake(): void {
    const isNeeded = this.#engine === undefined && this.#restarting === undefined;
    if (isNeeded && this.#shunned === undefined) this.#start();
  }

  /** Ends the engine; what is asked of it, and what it was asked, the next one answers. */
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

function abortableSleep(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal.addEventListener("abort", done);
  });
}
