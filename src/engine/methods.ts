import {
  type EngineMethods,
  type HandlersOf,
  methods,
  scannedOrigins,
} from "../control/methods/mod.ts";
import type { Serve } from "../control/mod.ts";
import type { Engine } from "./engine.ts";

const NEVER = new Promise<never>(() => {});

export interface EngineHooks {
  /** Called when the engine is asked to end. */
  stop(): void;
  /** Called at every request. */
  asked(): void;
  /** Aborted when the engine is ending. */
  readonly leaving: AbortSignal;
}

/**
 * The methods that the engine serves to its mount, and the number of open requests. Requests wait until the engine is
 * ready. A request that comes while the engine is ending, or that is not done by then, is never answered: the mount
 * asks the next engine again, while an answer would settle it.
 */
export function engineService(
  ready: Promise<Engine>,
  hooks: EngineHooks,
): { readonly methods: ReadonlyMap<string, Serve>; readonly open: number } {
  let open = 0;
  async function ask<Result>(work: (engine: Engine) => Result | Promise<Result>): Promise<Result> {
    hooks.asked();
    open++;
    try {
      const engine = await ready;
      if (!hooks.leaving.aborted) return await work(engine);
      return await NEVER;
    } catch (error) {
      if (!hooks.leaving.aborted) throw error;
      return await NEVER;
    } finally {
      open--;
      hooks.asked();
    }
  }
  const handlers: HandlersOf<EngineMethods> = {
    "origin.rescan": (params) =>
      ask((engine) => engine.rescan(scannedOrigins(params), params.full ? "full" : "changes")),
    "origin.confirm_removals": ({ id }) =>
      ask(async (engine) => {
        await engine.confirmRemovals(id);
        return null;
      }),
    "cache.clear": ({ origin = null }) => ask((engine) => engine.clearCache(origin)),
    "cache.verify": (_, { signal }) => ask((engine) => engine.cache.verify(signal)),
    "cache.pin": ({ query }, { signal }) => ask((engine) => engine.cache.pin(query, signal)),
    "cache.unpin": ({ query }) => ask((engine) => engine.cache.unpin(query)),
    "cache.warm": ({ query }, { signal }) => ask((engine) => engine.cache.warm(query, signal)),
    "content.fetch": (range) => ask((engine) => engine.cache.fetch(range)),
    "content.ahead": (range) =>
      ask((engine) => {
        engine.cache.ahead(range);
        return null;
      }),
    "content.heard": ({ track }) =>
      ask((engine) => {
        engine.cache.heard(track);
        return null;
      }),
    "content.played": ({ track }) =>
      ask(async (engine) => {
        await engine.cache.played(track);
        return null;
      }),
    "content.used": ({ files }) =>
      ask((engine) => {
        engine.cache.used(files);
        return null;
      }),
    "content.corrupt": ({ hash, reason }) =>
      ask(async (engine) => {
        await engine.cache.corrupt(hash, reason);
        return null;
      }),
    "cover.resize": (wanted) => ask((engine) => engine.cache.covers.make(wanted)),
    search: (params) => ask((engine) => engine.search.search(params)),
    "search.names": ({ query }) => ask((engine) => engine.search.names(query)),
    "collection.list": () => ask((engine) => engine.collections.list()),
    "collection.show": ({ name, limit }) => ask((engine) => engine.collections.show(name, limit)),
    "collection.save": ({ name, query }) =>
      ask((engine) => engine.collections.save(name, { query })),
    "collection.rename": ({ name, to }) =>
      ask(async (engine) => {
        await engine.collections.rename(name, to);
        return null;
      }),
    "collection.remove": ({ name }) =>
      ask(async (engine) => {
        await engine.collections.remove(name);
        return null;
      }),
    "collection.names": (wanted) => ask((engine) => engine.collections.names(wanted)),
    "collection.playlist": ({ name }) => ask((engine) => engine.collections.playlist(name)),
    "facets.entries": ({ directory, after, limit }) =>
      ask(async (engine) => [...await engine.search.facetEntries(directory, after, limit)]),
    "facets.find": ({ directory, name }) =>
      ask(async (engine) => ({ number: await engine.search.facetEntry(directory, name) ?? null })),
    "events.replay": () => ask((engine) => engine.library.replay()),
    "events.verify": () => ask((engine) => engine.library.verify()),
    "engine.observe": ({ origin, directories }) =>
      ask(async (engine) => {
        await engine.observe(origin, directories);
        return null;
      }),
    "engine.log_in": ({ origins }) =>
      ask((engine) => {
        engine.logInAgain(origins);
        return null;
      }),
    "origin.check": () =>
      ask(async (engine) => {
        await engine.checkOrigins();
        return null;
      }),
    "engine.check": () =>
      ask(async (engine) => {
        await engine.library.check();
        return null;
      }),
    "engine.stop": () => {
      hooks.stop();
      return null;
    },
  };
  return {
    methods: methods(handlers),
    get open() {
      return open;
    },
  };
}
