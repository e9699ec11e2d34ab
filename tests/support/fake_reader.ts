import type { MemoryOrigin } from "../../src/origins/mod.ts";
import type { FileReader } from "../../src/scan/mod.ts";
import type { FileReading } from "../../src/tags/mod.ts";

/** Content of a file for {@link FakeReader}: the sound is told apart from the tags. */
export function fakeAudio(sound: string, title: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${sound}|${title}`);
}

/** Reads files of a memory origin that {@link fakeAudio} made; anything else is unreadable. */
export class FakeReader implements FileReader {
  readonly size = 2;
  readonly read_paths: string[] = [];
  readonly #origin: MemoryOrigin;

  constructor(origin: MemoryOrigin) {
    this.#origin = origin;
  }

  async read(_root: string, paths: readonly string[]): Promise<FileReading[]> {
    await Promise.resolve();
    return paths.map((path) => {
      this.read_paths.push(path);
      const file = this.#origin.files.get(path);
      if (file === undefined) return { vanished: true };
      const { bytes, size, mtime_s, mtime_ns } = file;
      const [audio, title] = new TextDecoder().decode(bytes).split("|");
      if (!audio || title === undefined) {
        return { size, mtime_s, mtime_ns, unreadable: "No audio" };
      }
      return { size, mtime_s, mtime_ns, format: "flac", audio, tags: { title }, properties: {} };
    });
  }
}
