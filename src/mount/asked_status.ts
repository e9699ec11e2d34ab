import { messageOf } from "../base/mod.ts";
import { libraryDirectory } from "../config/places.ts";
import type { Status } from "../control/protocol.ts";
import type { AskedMount } from "./control_methods.ts";
import { statusOf } from "./status.ts";

/** The answer to `status` waits so long for origins that were not looked at lately. */
const CHECK_MS = 3_000;

/** Nobody looks at remote origins while nobody reads; a person who asks how they are is the reason to look. */
export async function askedStatus(mount: AskedMount): Promise<Status> {
  const { engine, life, logger } = mount;
  const settings = mount.settings.current;
  const isUnknown = engine.state.state === "off" &&
    settings.origins.some(({ type }) => type !== "local");
  if (isUnknown) {
    const checked = engine.request("origin.check", {}, { deadlineMs: CHECK_MS });
    await checked.catch((error) => logger.debug(`Cannot check origins: ${messageOf(error)}`));
  }
  const detached = await life.detached();
  const { program, ...news } = engine.news;
  return statusOf({
    ...news,
    settings,
    detached,
    libraryDirectory: libraryDirectory(settings),
    mount: life.mount,
    build: buildStatus(news.build, mount.library.isOpen),
    engine: { ...engine.state, version: program?.version ?? null },
    reads: mount.reads(),
  });
}

/** What can't be shown yet is being built, or will be as soon as there is an engine again. */
function buildStatus(build: { events: number; of: number } | null, shown: boolean) {
  if (build === null) return shown ? null : { events: 0, of: 0, shown };
  return { ...build, shown };
}
