/**
 * A parser for the tests of the pool. The name of a file decides what happens: `stuck` keeps a processor busy for
 * ever, `slow` until 1.5 s of processor time are used, `greedy` fills memory, `crash` ends the process, and `first`
 * ends a process that has parsed before.
 */
import { cpuUsage } from "node:process";
import { parserMain } from "../../src/metadata/parser/parser_main.ts";
import type { FileReading } from "../../src/metadata/readers/read_file.ts";

const hoard: Uint8Array[] = [];
let parsed = 0;

function read(name: string): FileReading {
  while (name.includes("stuck"));
  while (name.includes("slow") && cpuUsage().user < 1_500_000);
  while (name.includes("greedy")) hoard.push(new Uint8Array(1024 * 1024).fill(1));
  if (name.includes("crash") || (name.includes("first") && parsed > 0)) Deno.exit(3);
  parsed++;
  return { size: 1, mtime_s: 0, mtime_ns: 0, format: "flac", tags: { title: name } };
}

await parserMain(async function* (request) {
  if (request.kind === "resize") return;
  const names = request.kind === "read" ? request.paths : [request.file.name];
  for (const name of names) yield await read(name);
});
