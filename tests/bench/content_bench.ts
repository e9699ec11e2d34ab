/**
 * Measures the projections of the cache: `deno run -A tests/bench/content_bench.ts [CHUNKS]` (500,000 when absent),
 * with events as fetches of 2 MB and as small reads cause them. The events come from memory, so the log is not
 * measured.
 *
 * @module
 */
import type { StoredEvent } from "../../events/mod.ts";
import {
  CHUNK_BYTES_AVERAGE,
  FIRST_FILE_ID,
  LOG_START,
  type Seq,
  seqAfter,
  toContentVersion,
  toFileId,
  toSeq,
} from "../../src/base/mod.ts";
import { CACHE, Projector, type SourceLog, StoredReader } from "../../projections/mod.ts";
import { takingPlainIds } from "../support/plain_ids.ts";

const CHUNKS_A_FILE = 480;
const chunks = Number(Deno.args[0] ?? 500_000);
for (const chunksAnEvent of [32, 2]) await measure(chunks, chunksAnEvent);

async function measure(chunks: number, chunksAnEvent: number): Promise<void> {
  const directory = Deno.makeTempDirSync({ prefix: "musicfs-bench-" });
  try {
    const { log, fill } = contentLog(chunks, chunksAnEvent);
    const projector = await Projector.open({ directory, log, set: CACHE });
    fill();
    for (const how of ["catchUp", "rebuild"] as const) {
      const started = performance.now();
      await projector[how]();
      const seconds = (performance.now() - started) / 1000;
      const speed = Math.round(chunks / seconds);
      console.log(`${how}, ${chunksAnEvent} chunks an event: ${speed} chunks/s`);
    }
    const { size } = Deno.statSync(`${directory}/${projector.file}`);
    console.log(`library: ${Math.round(size / chunks)} bytes a chunk`);
    await projector.close();
    const reader = new StoredReader(directory);
    const started = performance.now();
    for (let i = 0; i < 20_000; i++) {
      const from = i * 131_072 % (CHUNKS_A_FILE * CHUNK_BYTES_AVERAGE);
      takingPlainIds(reader).parts(FIRST_FILE_ID + i % 100, 1, from, from + 131_072, 16);
    }
    console.log(`storedParts: ${((performance.now() - started) / 20).toFixed(1)} µs`);
    reader.close();
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
}

/** A log that is empty until it is filled, and that makes each event when it is read. */
function contentLog(chunks: number, chunksAnEvent: number): { log: SourceLog; fill(): void } {
  let last = LOG_START;
  const log: SourceLog = {
    id: `content-${chunks}`,
    lastSeq: () => last,
    *read({ from = toSeq(1), to = last } = {}): IterableIterator<StoredEvent> {
      for (let seq = from; seq <= to; seq = seqAfter(seq)) yield stored(seq, chunksAnEvent);
    },
  };
  return { log, fill: () => last = toSeq(Math.ceil(chunks / chunksAnEvent)) };
}

function stored(seq: Seq, chunksAnEvent: number): StoredEvent {
  const first = (seq - 1) * chunksAnEvent;
  const file = toFileId(FIRST_FILE_ID + Math.floor(first / CHUNKS_A_FILE));
  const offset = first % CHUNKS_A_FILE * CHUNK_BYTES_AVERAGE;
  const chunks = Array.from({ length: chunksAnEvent }, (_, i) => (
    { hash: nameOf(first + i), length: CHUNK_BYTES_AVERAGE }
  ));
  return {
    ...{ type: "ChunksStored", v: 2, seq, at: 1_700_000_000_000 + seq },
    data: {
      ...{ file, version: toContentVersion(1), offset, chunks, origin: "nas" },
      ...{ provisional: false, of: null },
    },
  };
}

/** 64 digits with the distribution of a hash's. */
function nameOf(i: number): string {
  let name = "";
  for (let word = 0; word < 8; word++) {
    const mixed = Math.imul(i + 1, 0x9e3779b1 + 2 * word) ^ Math.imul(i ^ word << 20, 0x85ebca6b);
    name += (mixed >>> 0).toString(16).padStart(8, "0");
  }
  return name;
}
