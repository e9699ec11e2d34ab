/**
 * An engine with nothing to do ends, whatever its origins are. A person who asks for their state gets a fresh answer.
 */
import assert from "node:assert/strict";
import { flacFile } from "../../scripts/audio/mod.ts";
import { Installation } from "../support/daemon.ts";
import { needs } from "../support/needs.ts";
import { write } from "../support/tree.ts";
import { until } from "../support/until.ts";

const ready = needs("/dev/fuse", "timeout");
const MB = 1_000_000;

class Place extends Installation {
  constructor() {
    super();
    this.env = { MUSICFS_ENGINE_IDLE_MS: "300", MUSICFS_WATCH: "off" };
    for (const [i, title] of ["One", "Two", "Three"].entries()) {
      const head = flacFile({ title, artist: "Ann", album: "First" }, { seed: i });
      const whole = new Uint8Array(head.length + MB);
      whole.set(head);
      for (let at = head.length; at < whole.length; at += 65_536) {
        crypto.getRandomValues(whole.subarray(at, Math.min(at + 65_536, whole.length)));
      }
      write(`${this.origin}/${title}.flac`, whole);
    }
    this.cache("10 GB");
  }

  cache(size: string): void {
    this.configure(
      `template = "$title.$format"\n[cache]\nsize = "${size}"\n` +
        `[[origins]]\nid = "nas"\ntype = "nfs"\npath = "${this.origin}"\n`,
    );
  }

  async engineLeaves(): Promise<void> {
    const { engine: { pid } } = await this.status();
    if (pid === null) return;
    await until("the engine leaves", 20_000, () => !isRunning(pid));
  }

  async health(): Promise<string> {
    return (await this.status()).origins[0]!.health;
  }
}

function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(Deno.readTextFileSync(`/proc/${pid}/status`));
  } catch {
    return false;
  }
}

Deno.test({
  name: "an engine with watched origins ends, and a person who asks is told their present state",
  ignore: !ready,
  async fn() {
    await using it = new Place();
    await it.mountAndScan();
    await it.engineLeaves();
    Deno.renameSync(it.origin, `${it.origin}.away`);
    // The mount may learn a moment after this test that the engine has ended.
    await until(
      "the question finds that it is away",
      20_000,
      async () => await it.health() === "down",
    );
    await it.engineLeaves();
    Deno.renameSync(`${it.origin}.away`, it.origin);
    await until(
      "the question finds that it is back",
      20_000,
      async () => await it.health() === "up",
    );
    // A read is another reason to check the origins.
    await it.engineLeaves();
    const bytes = Deno.readFileSync(`${it.mountpoint}/One.flac`);
    assert.deepEqual(bytes, Deno.readFileSync(`${it.origin}/One.flac`));
  },
});

Deno.test({
  name: "a cache that was made smaller is trimmed at the next start",
  ignore: !ready,
  async fn() {
    await using it = new Place();
    await it.mountAndScan();
    await it.json(["cache", "warm", "/"]);
    const bytes = async () => (await it.status()).cache.bytes;
    assert.ok(await bytes() > 3 * MB);
    await it.unmount();
    it.cache("1.5 MB");
    await it.mount(["--no-scan"]);
    await until("it is trimmed", 20_000, async () => await bytes() < 2 * MB);
  },
});

Deno.test({
  name: "a mount at rest stays below 50 MB, also when it was asked how it is",
  ignore: !ready,
  async fn() {
    await using it = new Place();
    await it.mountAndScan();
    await it.engineLeaves();
    const { pid } = (await it.status()).mounts[0]!;
    const bytes = () => {
      const [, kib] = /^VmRSS:\s*(\d+) kB$/m.exec(Deno.readTextFileSync(`/proc/${pid}/status`))!;
      return Number(kib) * 1024;
    };
    // Memory that the scan, the engine's end or an answer left behind is returned soon, not at once.
    for (let i = 0; i < 4; i++) {
      await until("it is at rest", 20_000, () => bytes() < 50 * MB);
      assert.ok((await it.status()).memory.mount_rss_bytes > 0);
    }
  },
});
