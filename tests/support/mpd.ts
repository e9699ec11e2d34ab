import { connect } from "node:net";
import { until } from "./until.ts";

/** A Music Player Daemon with a library, without a database at first. */
export class Mpd implements AsyncDisposable {
  readonly #socket: string;
  readonly #process: Deno.ChildProcess;

  private constructor(socket: string, process: Deno.ChildProcess) {
    this.#socket = socket;
    this.#process = process;
  }

  /** `base` is where it makes a directory of its own. */
  static async start(base: string, library: string): Promise<Mpd> {
    const directory = await Deno.makeTempDir({ dir: base, prefix: "mpd-" });
    const socket = `${directory}/socket`;
    await Deno.writeTextFile(
      `${directory}/mpd.conf`,
      [
        `music_directory "${library}"`,
        `db_file "${directory}/database"`,
        `state_file "${directory}/state"`,
        `bind_to_address "${socket}"`,
        `log_file "${directory}/log"`,
        'auto_update "no"',
        ...["audio_output {", 'type "null"', 'name "none"', "}"],
        "",
      ].join("\n"),
    );
    const process = new Deno.Command("timeout", {
      args: ["-k", "5", "90", "mpd", "--no-daemon", `${directory}/mpd.conf`],
      stdout: "null",
    }).spawn();
    const mpd = new Mpd(socket, process);
    try {
      await until("MPD answers", 20_000, () => mpd.ask("ping").then(() => true, () => false));
      return mpd;
    } catch (error) {
      await mpd[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Has it read the library, and resolves with the answer to `stats`. */
  async updated(): Promise<string> {
    await this.ask("rescan");
    return await until("MPD has updated", 60_000, async () => {
      const status = await this.ask("status");
      return !status.includes("updating_db") && await this.ask("stats");
    });
  }

  /** Sends one command of MPD's protocol, and resolves with the answer, each byte as a character. */
  ask(command: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const connection = connect(this.#socket, () => connection.write(`${command}\n`));
      let answer = "";
      connection.setEncoding("latin1");
      connection.setTimeout(10_000, () => connection.destroy(new Error("MPD is silent")));
      connection.on("error", reject);
      connection.on("close", () => reject(new Error(`MPD closed the connection: ${answer}`)));
      connection.on("data", (text) => {
        answer += text;
        // MPD's greeting comes first, then the answer.
        if (!/^OK MPD .*\n([^]*\n)?(OK|ACK.*)\n$/.test(answer)) return;
        resolve(answer.slice(answer.indexOf("\n") + 1));
        connection.destroy();
      });
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    try {
      this.#process.kill("SIGTERM");
    } catch {
      // It has ended by itself.
    }
    await this.#process.status;
  }
}
