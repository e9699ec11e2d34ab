/**
 * One parser of the pool. It reads and parses the files of a job one after the other, so that the pool can
 * tell by the shared state which file it is stuck on. Of a file that lies elsewhere it is given parts.
 *
 * @module
 */
import { bytesFromString, messageOf } from "../base/mod.ts";
import {
  ACTIVITY,
  type ParserAnswer,
  type ParserRequest,
  type PartialFile,
  type PartialReading,
  STATE,
} from "./parser_protocol.ts";
import { PresentBytes } from "./present_bytes.ts";
import { type FileReading, readFile } from "./read_file.ts";
import { readTags, type TagReading } from "./tag_reader.ts";

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<ParserRequest>) => void;
  postMessage(answer: ParserAnswer): void;
};

let state: Int32Array = new Int32Array(2);

scope.onmessage = async ({ data }) => {
  if (data.kind === "start") {
    state = data.state;
    return;
  }
  try {
    const readings = data.kind === "read"
      ? await readAll(data.root, data.paths)
      : [await parse(data.file)];
    Atomics.store(state, STATE.activity, ACTIVITY.idle);
    scope.postMessage({ readings });
  } catch (error) {
    scope.postMessage({ unanswered: messageOf(error) });
  }
};

async function readAll(root: string, paths: readonly string[]): Promise<FileReading[]> {
  const readings: FileReading[] = [];
  for (const [index, path] of paths.entries()) {
    Atomics.store(state, STATE.file, index);
    readings.push(await readFile(bytesFromString(`${root}/${path}`), path, onReading));
  }
  return readings;
}

async function parse({ name, size, parts, isLast }: PartialFile): Promise<PartialReading> {
  Atomics.store(state, STATE.file, 0);
  Atomics.store(state, STATE.activity, ACTIVITY.parsing);
  const bytes = new PresentBytes(size, parts, isLast);
  const reading = await readTags(bytes, name, { looksAtEnd: true })
    .catch((error): TagReading => ({ unreadable: messageOf(error) }));
  // What came of bytes that were not there is of no use, whatever the parser made of it.
  return bytes.missing === undefined ? reading : { missing: bytes.missing };
}

function onReading(isReading: boolean): void {
  Atomics.store(state, STATE.activity, isReading ? ACTIVITY.reading : ACTIVITY.parsing);
}
