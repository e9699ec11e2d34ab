/** Files with as many tags as possible, on their way from the parser into the log. */
import assert from "node:assert/strict";
import type { MusicEvent } from "../../events/log/event_log.ts";
import type { ObservedFile } from "../../events/facts/files.ts";
import { concat, latin1 } from "../../scripts/audio/bytes.ts";
import { mp3File } from "../../scripts/audio/mod.ts";
import {
  DETAIL_BYTES_MAX,
  DETAIL_PLACES_MAX,
  OBSERVED_BATCH_FILES,
  RPC_FRAME_BYTES_MAX,
  toFileId,
} from "../../src/base/mod.ts";
import { ObservedBatches } from "../../src/scan/observed_batches.ts";
import { ParserPool } from "../../src/metadata/mod.ts";
import { describedBody, id3TagOf, textBody } from "../support/id3_builder.ts";

/** Different values of one field, in characters of three bytes. */
function values(name: string): string {
  return Array.from({ length: 20 }, (_, i) => `${name}${i}`.padEnd(1_000, "曲")).join("\0");
}

/** A file with as many and as long tags, pictures, chapters, unknown fields and cut names as are allowed. */
function hostileFile(): Uint8Array<ArrayBuffer> {
  const texts = ["TIT2", "TPE1", "TPE2", "TALB", "TCON", "TCOM", "TPE3", "TEXT", "TPUB"]
    .map((id) => ({ id, body: textBody(values(id)) }));
  const own = Array.from({ length: 300 }, (_, i) => ({
    id: "TXXX",
    body: describedBody(`OWN${i}`.padEnd(200, "\u0001"), "\u0001".repeat(200)),
  }));
  const pictures = Array.from({ length: 2 * DETAIL_PLACES_MAX }, (_, i) => ({
    id: "APIC",
    body: concat([
      Uint8Array.of(0),
      latin1(`image/${i}`.padEnd(300, "x")),
      Uint8Array.of(0, 3, 0, ...new Array(20).fill(1)),
    ]),
  }));
  return concat([id3TagOf(4, [...texts, ...own, ...pictures]), mp3File({}, { id3: null })]);
}

Deno.test("an event of observed files is bounded by the size of their tags, not by their number alone", async () => {
  const directory = await Deno.makeTempDir();
  const pool = new ParserPool({ size: 1 });
  try {
    Deno.writeFileSync(`${directory}/x.mp3`, hostileFile());
    const [reading] = await pool.read(directory, [
      { path: "x.mp3", size: 0, mtime_s: 0, mtime_ns: 0 },
    ]);
    assert.ok(reading && !reading.vanished && reading.tags!.title!.startsWith("TIT2"));
    const length = JSON.stringify(reading).length;
    assert.ok(length > 2 * DETAIL_BYTES_MAX && length < 6 * DETAIL_BYTES_MAX, `${length}`);
    const { cut, ...details } = reading.details!;
    assert.ok(JSON.stringify(details).length < 1.1 * DETAIL_BYTES_MAX);
    assert.ok(cut!.length > 0 && cut!.join("").length <= 4_096);

    const events: MusicEvent[] = [];
    const batches = new ObservedBatches(
      (appended) => {
        events.push(...appended);
        return Promise.resolve();
      },
      "music",
      1,
    );
    const files = Array.from(
      { length: OBSERVED_BATCH_FILES },
      (_, i): ObservedFile => ({ ...reading, file: toFileId(1024 + i), path: `${i}.mp3` }),
    );
    for (const file of files) await batches.add(file);
    await batches.flush();
    const observed = events.map((event) => event.type === "FilesObserved" ? event.data : undefined);
    assert.ok(events.length > 1);
    assert.deepEqual(
      observed.flatMap((data) => data!.files.map(({ file }) => file)),
      files.map(({ file }) => file),
    );
    for (const data of observed) {
      assert.equal(data!.position, data!.files.at(-1)!.path);
      const bytes = new TextEncoder().encode(JSON.stringify(data)).length;
      assert.ok(bytes < RPC_FRAME_BYTES_MAX, `${bytes} bytes`);
    }
  } finally {
    await pool.close();
    await Deno.remove(directory, { recursive: true });
  }
});
