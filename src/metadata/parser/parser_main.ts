import { EXIT, type ExitCode, messageOf, PARSER_BYTES_MAX } from "../../base/mod.ts";
import { confineProcess } from "../../posix/mod.ts";
import { isOutOfMemory } from "./out_of_memory.ts";
import {
  decodeRequest,
  type ParserAnswer,
  type ParserReading,
  type ParserRequest,
  type PartialFile,
  type PartialReading,
  REQUEST_HEADER_BYTES,
  requestLengths,
} from "./parser_protocol.ts";
import { PresentBytes } from "../bytes/present_bytes.ts";
import { type FileReading, readFile } from "../readers/read_file.ts";
import { readTags, type TagReading } from "../tags/tag_reader.ts";

/** Readings are sent together for this long, since each message costs the engine as much as reading it. */
const TOGETHER_MS = 20;

/** Parses the files of a job; yields their readings in order. */
export type Parse = (request: ParserRequest) => AsyncIterable<ParserReading>;

/**
 * `__parser`: a process that parses what the engine hands it on standard input, one job after the other, and writes
 * its findings to standard output. It waits for nothing but its input and the disk, so it reads and writes
 * synchronously. `bytesMax` is the memory that it may take beyond what it starts with.
 */
export async function parserMain(
  parse: Parse = parseFiles,
  bytesMax: number = PARSER_BYTES_MAX,
): Promise<ExitCode> {
  confineProcess(bytesMax);
  say([{ ready: true }]);
  for (;;) {
    const header = take(REQUEST_HEADER_BYTES);
    if (header === undefined) return EXIT.done;
    const lengths = requestLengths(header);
    const json = take(lengths.json);
    const bytes = take(lengths.bytes);
    if (json === undefined || bytes === undefined) return EXIT.done;
    await work(parse, decodeRequest(json, bytes));
  }
}

async function work(parse: Parse, request: ParserRequest): Promise<void> {
  const isCareful = request.kind === "resize" || request.kind === "read" && request.isCareful;
  const answers: ParserAnswer[] = [];
  let toldAt = performance.now();
  try {
    for await (const reading of parse(request)) {
      answers.push({ reading });
      if (!isCareful && performance.now() - toldAt < TOGETHER_MS) continue;
      say(answers.splice(0));
      toldAt = performance.now();
    }
  } catch (error) {
    if (isOutOfMemory(error)) throw error;
    answers.push({ unanswered: messageOf(error) });
  }
  say(answers);
}

async function* parseFiles(request: ParserRequest): AsyncIterable<FileReading | PartialReading> {
  if (request.kind === "parse") {
    yield await parsePartial(request.file, request.encoding);
    return;
  }
  if (request.kind !== "read") throw new Error(`Cannot ${request.kind} pictures here`);
  const { root, paths, followLinks, encoding } = request;
  for (const path of paths) yield await readFile(root, path, { followLinks, encoding });
}

async function parsePartial(
  { name, size, parts, isLast }: PartialFile,
  encoding: string,
): Promise<PartialReading> {
  const bytes = new PresentBytes(size, parts, isLast);
  const reading = await readTags(bytes, name, { looksAtEnd: true, encoding })
    .catch((error): TagReading => {
      if (isOutOfMemory(error)) throw error;
      return { unreadable: messageOf(error) };
    });
  // A reading without the missing bytes is of no use, whatever the parser concluded.
  return bytes.missing === undefined ? reading : { missing: bytes.missing };
}

/** The next bytes of standard input; undefined at its end, when the engine is gone or has no more work. */
function take(length: number): Uint8Array<ArrayBuffer> | undefined {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = Deno.stdin.readSync(bytes.subarray(filled));
    if (count === null) return undefined;
    filled += count;
  }
  return bytes;
}

function say(answers: readonly ParserAnswer[]): void {
  const text = answers.map((answer) => `${JSON.stringify(answer)}\n`).join("");
  const bytes = new TextEncoder().encode(text);
  let written = 0;
  while (written < bytes.length) written += Deno.stdout.writeSync(bytes.subarray(written));
}
