import { bytesFromString } from "../../src/base/mod.ts";
import { type ListOptions, type Origin, type OriginEntry } from "../../src/origins/mod.ts";

/** An empty origin under test, with the means to change what lies on it. */
export interface OriginUnderTest {
  readonly origin: Origin;
  /** Writes a file. A file that was there before becomes another version, however coarse the clock of the place. */
  write(path: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> | void;
  remove(path: string): Promise<void> | void;
  /** Makes the origin stop answering, like an unplugged disk or a stopped server. */
  takeAway(): Promise<void> | void;
  close(): Promise<void> | void;
}

/** Where a test opens its origin: a temporary directory, or a server. */
export interface OriginPlace {
  open(): Promise<OriginUnderTest> | OriginUnderTest;
  stop(): Promise<void> | void;
}

export interface SuiteOptions {
  /** Whether the place can hold names that are not UTF-8; without it they are left out. */
  readonly holdsBytes?: boolean;
  /** Skips the tests, when the origin needs something that this machine lacks. */
  readonly ignore?: boolean;
}

/** One step of the suite. */
export type Run = (it: OriginUnderTest, options: SuiteOptions) => Promise<void>;

export const FILES = [
  "z.flac",
  "a/2.mp3",
  "a/10.mp3",
  "a/b/c/deep.flac",
  "a-b/x.flac",
  "ä.flac",
  "e\u0301.flac",
  "ﬀ.flac",
  "😀.flac",
];

export const ODD_NAMES = [
  "with space.flac",
  " leading and trailing ",
  "100%.flac",
  "%41.flac",
  "a+b&c=d;e,f@g:h.flac",
  "#1?.flac",
  "'single' \"double\" `back` $dollar.flac",
  "back\\slash.flac",
  ".hidden.flac",
  "...",
  "<tag>.flac",
  "~home",
  "-dash",
];

export async function list(
  origin: Origin,
  options: ListOptions = {},
): Promise<(readonly OriginEntry[])[]> {
  const batches: (readonly OriginEntry[])[] = [];
  for await (const batch of origin.list(options)) batches.push(batch);
  return batches;
}

export async function paths(origin: Origin, options: ListOptions = {}): Promise<string[]> {
  return (await list(origin, options)).flat().map(({ path }) => path);
}

/** Writes each file with its path as its content. */
export async function writeAll(it: OriginUnderTest, files: readonly string[]): Promise<void> {
  for (const path of files) await it.write(path, bytesFromString(path));
}

export function sorted(origin: Origin, files: readonly string[]): string[] {
  return [...files].sort((a, b) => origin.compare(a, b));
}

export async function drained(steps: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of steps);
}

/** Bytes of which no two ranges are equal. */
export function noise(length: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  }
  return bytes;
}

export function concatenated(pieces: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}

/** Compares without printing megabytes on a failure. */
export function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}
