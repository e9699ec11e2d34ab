import { Buffer } from "node:buffer";
import { EXIT, type ExitCode, RESIZER_BYTES_MAX } from "../../base/mod.ts";
import { parserMain } from "../parser/parser_main.ts";
import type { ParserRequest, PictureReading } from "../parser/parser_protocol.ts";
import { resizePicture } from "./resize_picture.ts";

/** `__resizer`: a process that makes pictures smaller, and is spoken with as a parser is. */
export function resizerMain(): Promise<ExitCode> {
  return parserMain(resize, RESIZER_BYTES_MAX);
}

async function* resize(request: ParserRequest): AsyncIterable<PictureReading> {
  if (request.kind !== "resize") throw new Error(`Cannot ${request.kind} files here`);
  const resized = await resizePicture(request.bytes, request.pixels);
  if ("jpeg" in resized) yield { jpeg: Buffer.from(resized.jpeg).toString("base64") };
  else yield { unfit: resized.unfit };
  // The answer was sent when the generator is asked for more.
  if ("unfit" in resized && resized.isBroken) Deno.exit(EXIT.failed);
}
