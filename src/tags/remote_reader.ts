import type { FileVersion } from "../../events/file_events.ts";
import { messageOf, TAG_BYTES_MAX } from "../base/mod.ts";
import {
  type Origin,
  OriginChanged,
  OriginDown,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
} from "../origins/mod.ts";
import { type FileReader, type ListedFile, type SkippedFile, versionOf } from "./file_reader.ts";
import { Gate } from "./gate.ts";
import type { ParserPool } from "./parser_pool.ts";
import { type FileReading, TOO_LARGE } from "./read_file.ts";
import { RemoteFile } from "./remote_file.ts";
import type { TagReading } from "./tag_reader.ts";

/** Files that are fetched at a time: with two round trips of 20 ms for each, 1,600 a second are in sight. */
const FILES_AT_ONCE = 64;
/** Jobs of a scan that are worked on at a time: while one waits for its slowest file, the next keeps the gate busy. */
const JOBS = 2;
/** Files of which more is held than this are few at a time, so that pictures in hostile places fill no memory. */
const FEW_BYTES = 512 * 1024;
const LARGE_FILES_AT_ONCE = 2;
/** Files that an origin which answers otherwise may leave without an answer; with more, it is in trouble itself. */
const SILENT_FILES_MAX = 8;
/** Times that a file is tried again which was not asked for, because the origin counted as down. */
const TRIES_MAX = 2;

/**
 * Reads the tags of remote files by ranges, many files at a time. Parsing stays with the pool, and with its deadline.
 * Every reading is of one version: that of the listing, or of a later one that is told with it.
 */
export class RemoteReader implements FileReader {
  readonly size = JOBS;
  readonly #origin: Origin;
  readonly #pool: ParserPool;
  readonly #files = new Gate(FILES_AT_ONCE);
  readonly #largeFiles = new Gate(LARGE_FILES_AT_ONCE);
  /** Ends what is under way when the origin is found to be gone. */
  readonly #gone = new AbortController();
  #silentFiles = 0;
  #checking: Promise<void> | undefined;

  constructor(origin: Origin, pool: ParserPool) {
    this.#origin = origin;
    this.#pool = pool;
  }

  async read(
    files: readonly ListedFile[],
    signal: AbortSignal,
  ): Promise<(FileReading | SkippedFile)[]> {
    const either = AbortSignal.any([signal, this.#gone.signal]);
    return await Promise.all(files.map((file) =>
      this.#files.run(async () => {
        either.throwIfAborted();
        try {
          return await this.#readOrSkip(file, either);
        } catch (error) {
          this.#gone.abort(error);
          throw error;
        }
      })
    ));
  }

  /** A file on which an origin goes silent that answers otherwise does not end the scan of all others. */
  async #readOrSkip(file: ListedFile, signal: AbortSignal): Promise<FileReading | SkippedFile> {
    for (let tries = 0;; tries++) {
      try {
        return await this.#readNewest(file, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof OriginUnreachable) || error.isPermanent) throw error;
        // It was not asked, perhaps because another file had made it silent.
        const isOwnFault = !(error instanceof OriginDown) || tries === TRIES_MAX;
        if (isOwnFault && ++this.#silentFiles > SILENT_FILES_MAX) throw error;
        await this.#check(signal);
        if (isOwnFault) return { skipped: messageOf(error) };
      }
    }
  }

  /** Asks whether the origin is there; the question of many files is one. */
  #check(signal: AbortSignal): Promise<void> {
    return this.#checking ??= this.#origin.check({ signal })
      .finally(() => this.#checking = undefined);
  }

  async #readNewest(file: ListedFile, signal: AbortSignal): Promise<FileReading | SkippedFile> {
    const { path } = file;
    try {
      return await this.#readVersion(file, versionOf(file), signal) ??
        await this.#readVersion(file, await this.#origin.stat(path, { signal }), signal) ??
        { skipped: "It keeps changing while it is read" };
    } catch (error) {
      if (error instanceof OriginNotFound) return { vanished: true };
      throw error;
    }
  }

  /** Undefined when the file is of another version. */
  async #readVersion(
    { path, wasStopped }: ListedFile,
    version: FileVersion,
    signal: AbortSignal,
  ): Promise<FileReading | undefined> {
    if (version.size >= Number.MAX_SAFE_INTEGER) return { ...version, unreadable: TOO_LARGE };
    const file = new RemoteFile(this.#origin, this.#pool, {
      path,
      version,
      signal,
      wasStopped: wasStopped === true,
    });
    try {
      return { ...await this.#tags(file), ...version };
    } catch (error) {
      if (error instanceof OriginChanged) return undefined;
      if (error instanceof OriginRefused) return { ...version, unreadable: messageOf(error) };
      throw error;
    }
  }

  async #tags(file: RemoteFile): Promise<TagReading> {
    await file.begin();
    return await file.parse(FEW_BYTES) ??
      await this.#largeFiles.run(async () =>
        await file.parse(TAG_BYTES_MAX) ?? await file.parseAsItIs()
      );
  }
}
