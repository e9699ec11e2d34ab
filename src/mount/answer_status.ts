import { messageOf } from "../base/mod.ts";
import { cachePlaces } from "../config/places.ts";
import type { Status } from "../control/protocol.ts";
import type { AskedMount } from "./control_methods.ts";
import { composeStatus } from "./compose_status.ts";

/** How long the answer to `status` waits for a look at the origins, in ms. */
const CHECK_MS = 3_000;

/**
 * Answers `status`. Nobody looks at remote origins while nobody reads from them, so with the engine off this has it
 * look now.
 */
export async function answerStatus(mount: AskedMount): Promise<Status> {
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
  return composeStatus({
    ...news,
    settings,
    detached,
    places: cachePlaces(settings),
    mount: life.mount,
    build: buildStatus(news.build, mount.library.isOpen),
    engine: { ...engine.state, version: program?.version ?? null },
    reads: mount.reads(),
  });
}

/**
 * The state of a build, as `status` shows it. A library that can't be shown while no engine builds it is built as soon
 * as an engine runs again, hence the zeros.
 */
function buildStatus(build: { events: number; of: number } | null, shown: boolean) {
  if (build === null) return shown ? null : { events: 0, of: 0, shown };
  return { ...build, shown };
}
