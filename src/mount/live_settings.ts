import type { Logger } from "../base/mod.ts";
import type { MountOptions } from "../config/mount_options.ts";
import type { Settings } from "../config/settings.ts";
import { compareSettings, readSettings } from "./reload.ts";

/** The settings in force. The configuration may be read again while the mount serves. */
export class LiveSettings {
  readonly #options: MountOptions;
  readonly #logger: Logger;
  readonly #onChanged: (settings: Settings) => void;
  #current: Settings;

  constructor(options: MountOptions, logger: Logger, onChanged: (settings: Settings) => void) {
    this.#options = options;
    this.#logger = logger;
    this.#onChanged = onChanged;
    this.#current = options.settings;
  }

  get current(): Settings {
    return this.#current;
  }

  /** Reads the configuration again and logs what came of it. Resolves with true when any setting changed. */
  async reload(): Promise<boolean> {
    const read = await readSettings(this.#options);
    if (read === null) {
      this.#logger.error("the configuration cannot be used: what was in force stays in force");
      return false;
    }
    const { settings, changed, left } = compareSettings(this.#current, read);
    if (left.length > 0) {
      this.#logger.warn(`only another mount can take over: ${left.join(", ")}`);
    }
    if (changed.length === 0) {
      this.#logger.info("read the configuration again: nothing else is in force");
      return false;
    }
    this.#current = settings;
    this.#onChanged(settings);
    this.#logger.info(`read the configuration again; new are: ${changed.join(", ")}`);
    return true;
  }
}
