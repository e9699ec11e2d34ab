import { join } from "node:path";
import type { MusicEvent } from "../../events/mod.ts";
import { LIBRARY, openLibrary, Projector } from "../../projections/mod.ts";
import { SyntheticLog } from "../support/synthetic_log.ts";
import { insertedAgain } from "./bare_sqlite.ts";
import { processorSeconds } from "./processor_time.ts";
import type { Looks } from "./projections_reader.ts";

/**
 * A piece of the projector's work: how long it took, the processor time of all threads, and the longest time without a
 * turn of the event loop.
 */
export interface Work {
  readonly s: number;
  readonly cpuS: number;
  readonly longestMs: number;
}

export interface ProjectionFigures {
  /** The number of files. */
  readonly known: number;
  /** Making the whole library from the log. */
  readonly replay: Work;
  /** The seconds of processor time that SQLite alone takes for the same rows and indexes. */
  readonly bareCpuS: number;
  /** The size of the library's file in bytes. */
  readonly bytes: number;
  /** Making a new projection in the background, while another process reads the library. */
  readonly fill: Work;
  readonly looks: Looks;
  /** Giving all tracks other names. */
  readonly template: Work;
  /** Removing an origin with all its files. */
  readonly leaving: Work;
}

const TEMPLATE: MusicEvent = {
  type: "TemplateChanged",
  v: 1,
  data: { template: "$artist/$year $album/$track $title.$format" },
};

/**
 * Projects a synthetic library of `known` files, below `cache`. The events are made when they are read, so the log is
 * not measured. `beside` may look at the finished library before anything else is done to it.
 */
export async function measureProjections(
  cache: string,
  known: number,
  beside: (directory: string) => Promise<void> = () => Promise.resolve(),
): Promise<ProjectionFigures> {
  const directory = await Deno.makeTempDir({ prefix: "musicfs-bench-", dir: cache });
  try {
    const log = new SyntheticLog(known);
    const { result: first, work: replay } = await watched(() => openLibrary({ directory, log }));
    const library = join(directory, first.file);
    const { size: bytes } = await Deno.stat(library);
    await first.close();
    const again = join(directory, "again");
    const bareCpuS = insertedAgain(library, again);
    await Deno.remove(again);
    await beside(directory);
    const { fill, looks } = await filled(directory, log);
    const projector = await openLibrary({ directory, log });
    // The projection of the other version is made once more.
    await projector.filled();
    const folded = async (event: MusicEvent) => {
      log.append(event);
      return (await watched(() => projector.catchUp())).work;
    };
    const template = await folded(TEMPLATE);
    const leaving = await folded({ type: "OriginRemoved", v: 1, data: { origin: "local" } });
    await projector.close();
    return { known, replay, bareCpuS, bytes, fill, looks, template, leaving };
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

/** Makes a projection anew while another process reads the library. */
async function filled(
  directory: string,
  log: SyntheticLog,
): Promise<Pick<ProjectionFigures, "fill" | "looks">> {
  const followers = LIBRARY.followers.map((it) =>
    it.name === "status" ? { ...it, version: it.version + 1 } : it
  );
  const projector = await Projector.open({ directory, log, set: { ...LIBRARY, followers } });
  const sign = join(directory, "LOOK");
  await Deno.writeTextFile(sign, "");
  const looking = lookingAround(directory, sign);
  const { work } = await watched(() => projector.filled());
  await projector.close();
  await Deno.remove(sign);
  return { fill: work, looks: await looking };
}

async function lookingAround(directory: string, sign: string): Promise<Looks> {
  const reader = join(import.meta.dirname!, "projections_reader.ts");
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", reader, directory, sign],
    stderr: "inherit",
  }).output();
  if (!success) throw new Error("Cannot look around in the library");
  return JSON.parse(new TextDecoder().decode(stdout)) as Looks;
}

async function watched<T>(work: () => Promise<T>): Promise<{ result: T; work: Work }> {
  let isDone = false;
  let longestMs = 0;
  const started = performance.now();
  const cpu = processorSeconds();
  const working = Promise.allSettled([work()]).finally(() => isDone = true);
  for (let before = started; !isDone;) {
    // A loop without a pause would itself take the processor time that is measured.
    await new Promise((resolve) => setTimeout(resolve, 1));
    const now = performance.now();
    longestMs = Math.max(longestMs, now - before);
    before = now;
  }
  const [result] = await working;
  if (result.status === "rejected") throw result.reason;
  return {
    result: result.value,
    work: {
      s: (performance.now() - started) / 1000,
      cpuS: processorSeconds() - cpu,
      longestMs,
    },
  };
}
