import type { OtherFile } from "../../events/facts/files.ts";
import type { MusicEvent } from "../../events/log/event_log.ts";
import {
  type FileId,
  FIRST_OTHER_FILE_ID,
  isListablePath,
  OBSERVED_BATCH_FILES,
} from "../base/mod.ts";
import { directoryOf, isSameVersion, type OriginFile, statusOf } from "../origins/mod.ts";
import { NumberSet } from "./number_set.ts";

/** The questions that a scan asks about the files of its origin that are no music. */
export interface KnownOtherFiles {
  /** The files directly in a directory. */
  inDirectory(directory: string): readonly OtherFile[];
  /** The files at any depth below a directory. */
  below(directory: string): Iterable<Pick<OtherFile, "file" | "path">>;
  /** The directories directly below that contain files of any kind, in them or deeper. */
  subdirectories(directory: string): Iterable<string>;
  /** A number that no file has had yet. */
  next(): FileId;
}

export interface OtherFilesParts {
  readonly known: KnownOtherFiles;
  readonly origin: string;
  readonly scan: number;
  append(events: MusicEvent[]): Promise<void>;
}

/**
 * The listed files that are no music. New, changed and vanished ones are recorded; their content is never looked at.
 */
export class OtherFiles {
  readonly #parts: OtherFilesParts;
  readonly #present = new NumberSet();
  #batch: OtherFile[] = [];
  #directory: string | undefined;
  #here: ReadonlyMap<string, OtherFile> = new Map();
  #listed = 0;

  constructor(parts: OtherFilesParts) {
    this.#parts = parts;
  }

  /** How many were listed. */
  get listed(): number {
    return this.#listed;
  }

  /** Takes files of one directory. */
  async add(files: readonly OriginFile[]): Promise<void> {
    for (const file of files) {
      // A path with a name that no directory can show gets no place in the tree, so such a file would be new in every
      // scan.
      if (!isListablePath(file.path)) continue;
      this.#listed++;
      const known = this.known(file.path);
      const number = known?.file ?? this.#parts.known.next();
      if (!this.#present.add(number - FIRST_OTHER_FILE_ID)) continue;
      if (known !== undefined && isAsItWas(known, file)) continue;
      this.#batch.push({ file: number, path: file.path, ...statusOf(file) });
      if (this.#batch.length >= OBSERVED_BATCH_FILES) await this.flush();
    }
  }

  /** Appends the remaining files. Resolves once they are durable. */
  async flush(): Promise<void> {
    const files = this.#batch;
    if (files.length === 0) return;
    this.#batch = [];
    const { origin, scan, append } = this.#parts;
    await append([{ type: "OtherFilesObserved", v: 1, data: { origin, scan, files } }]);
  }

  /** See {@link KnownOtherFiles}. */
  subdirectories(directory: string): Iterable<string> {
    return this.#parts.known.subdirectories(directory);
  }

  /** Known files that the scan has not met, directly in a directory or, with `deep`, at any depth below it. */
  *missing(directory: string, deep: boolean): Iterable<Pick<OtherFile, "file" | "path">> {
    const { known } = this.#parts;
    const all = deep ? known.below(directory) : known.inDirectory(directory);
    for (const it of all) if (!this.#present.has(it.file - FIRST_OTHER_FILE_ID)) yield it;
  }

  /** The known file at a path. A directory is asked for once, although a wide one comes in several batches. */
  known(path: string): OtherFile | undefined {
    const directory = directoryOf(path);
    if (directory !== this.#directory) {
      this.#directory = directory;
      this.#here = new Map(this.#parts.known.inDirectory(directory).map((it) => [it.path, it]));
    }
    return this.#here.get(path);
  }
}

function isAsItWas(known: OtherFile, file: OriginFile): boolean {
  return isSameVersion(known, file) &&
    (["mode", "uid", "gid"] as const).every((name) => known[name] === file[name]);
}
