import type { MemoryOrigin } from "../../src/origins/mod.ts";
import type { FileReader, FileReading, ListedFile } from "../../src/metadata/mod.ts";

/** The bytes of a file for {@link FakeReader}, with a sound and a tag. */
export function fakeAudio(sound: string, title: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${sound}|${title}`);
}

/** Reads files that {@link fakeAudio} made; any other file is unreadable. */
export class FakeReader implements FileReader {
  readonly size = 2;
  readonly read_paths: string[] = [];
  readonly #origin: MemoryOrigin;

  constructor(origin: MemoryOrigin) {
    this.#origin = origin;
  }

  async read(files: readonly ListedFile[]): Promise<FileReading[]> {
    await Promise.resolve();
    return files.map(({ path }) => {
      this.read_paths.push(path);
      const file = this.#origin.files.get(path);
      if (file === undefined) return { vanished: true };
      const { bytes, ...version } = file;
      const [audio, title] = new TextDecoder().decode(bytes).split("|");
      if (!audio || title === undefined) {
        return { ...version, unreadable: "No audio" };
      }
      return { ...version, format: "flac", audio, tags: { title }, properties: {} };
    });
  }
}
