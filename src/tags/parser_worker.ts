/**
 * One parser of the pool. It reads and parses the files of a job one after the other, so that the pool can
 * tell by the shared state which file it is stuck on.
 *
 * @module
 */
import { bytesFromString, messageOf } from "../base/mod.ts";
import { ACTIVITY, type ParserAnswer, type ParserRequest, STATE } from "./parser_protocol.ts";
import { type FileReading, readFile } from "./read_file.ts";

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
    scope.postMessage({ readings: await readAll(data.root, data.paths) });
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
  Atomics.store(state, STATE.activity, ACTIVITY.idle);
  return readings;
}

function onReading(isReading: boolean): void {
  Atomics.store(state, STATE.activity, isReading ? ACTIVITY.reading : ACTIVITY.parsing);
}
