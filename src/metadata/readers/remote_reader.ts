import type { FileOwnership, FileVersion } from "../../../events/facts/files.ts";
import { messageOf, TAG_BYTES_MAX } from "../../base/mod.ts";
import {
  type Origin,
  OriginChanged,
  OriginDown,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  OriginUnreadable,
  statusOf,
} from "../../origins/mod.ts";
import type { FileReader, ListedFile, SkippedFile } from "./file_reader.ts";
import { Gate } from "./gate.ts";
import type { ParserPool } from "../parser/parser_pool.ts";
import { type FileReading, TOO_LARGE } from "./read_file.ts";
import { RemoteFile } from "./remote_file.ts";
import type { TagReading } from "../tags/tag_reader.ts";

/** Files that are fetched at a time: with two round trips of 20 ms each, that allows 1,600 files a second. */
const FILES_AT_ONCE = 64;
/** Jobs of a scan that are worked on at a time: while one waits for its slowest file, the next uses the connections. */
const JOBS = 2;
/**
 * Above this many bytes a file counts as large, and only a few large files are read at a time: hostile files can't
 * fill the memory.
 */
const FEW_BYTES = 512 * 1024;
const LARGE_FILES_AT_ONCE = 2;
/**
 * How often the origin is checked without a readable file in between. With more checks the origin itself is in
 * trouble.
 */
const CHECKS_MAX = 8;
/** How often a file is tried again that was not requested because the origin counted as down. */
const TRIES_MAX = 4;
/** Silent files are requested once more, a few at a time: all of them together may have been too much. */
const SILENT_FILES_AT_ONCE = 4;

/**
 * Reads the tags of remote files by ranges, many files at a time. The pool parses, with its own time limit. Every
 * reading is of one version: the listed one, or a later one that the reading names.
 */
export class RemoteReader implements FileReader {
  readonly size = JOBS;
  readonly #origin: Origin;
  readonly #pool: ParserPool;
  readonly #files = new Gate(FILES_AT_ONCE);
  readonly #largeFiles = new Gate(LARGE_FILES_AT_ONCE);
  readonly #silentFiles = new Gate(SILENT_FILES_AT_ONCE);
  /** Aborts all reads when the origin turns out to be gone. */
  readonly #gone = new AbortController();
  #checks = 0;
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

  /**
   * Reads a file. One that can't be read, or on which an otherwise answering origin is silent, is skipped and does
   * not end the scan.
   */
  async #readOrSkip(file: ListedFile, signal: AbortSignal): Promise<FileReading | SkippedFile> {
    const first = await this.#tryToRead(file, signal);
    if (!("silent" in first)) return first;
    const second = await this.#silentFiles.run(() => this.#tryToRead(file, signal));
    return "silent" in second ? { skipped: second.silent } : second;
  }

  /** Tries once; the result may say that the origin is up but silent on this file, and why. */
  async #tryToRead(
    file: ListedFile,
    signal: AbortSignal,
  ): Promise<FileReading | SkippedFile | { readonly silent: string }> {
    for (let tries = 0;; tries++) {
      try {
        const reading = await this.#readNewest(file, signal);
        this.#checks = 0;
        return reading;
      } catch (error) {
        signal.throwIfAborted();
        if (error instanceof OriginRefused) return { skipped: messageOf(error) };
        if (!(error instanceof OriginUnreachable) || error.isPermanent) throw error;
        if (error instanceof OriginUnreadable) {
          const isSilence = error.cause instanceof OriginUnreachable;
          return isSilence ? { silent: messageOf(error) } : { skipped: messageOf(error) };
        }
        await this.#check(error, signal);
        if (!(error instanceof OriginDown)) return { silent: messageOf(error) };
        // The file was not requested, perhaps because another one made the origin count as down.
        if (tries === TRIES_MAX) return { skipped: messageOf(error) };
      }
    }
  }

  /** Checks whether the origin is there; concurrent calls share one check. */
  #check(error: OriginUnreachable, signal: AbortSignal): Promise<void> {
    if (this.#checking === undefined && ++this.#checks > CHECKS_MAX) throw error;
    return this.#checking ??= this.#origin.check({ signal })
      .finally(() => this.#checking = undefined);
  }

  async #readNewest(file: ListedFile, signal: AbortSignal): Promise<FileReading | SkippedFile> {
    const { path } = file;
    try {
      return await this.#readVersion(file, statusOf(file), signal) ??
        await this.#readVersion(file, await this.#origin.stat(path, { signal }), signal) ??
        { skipped: "It keeps changing while it is read" };
    } catch (error) {
      if (!(error instanceof OriginNotFound)) throw error;
      return await this.#isListed(path, signal)
        ? { skipped: "It is listed, but the origin does not find it" }
        : { vanished: true };
    }
  }

  /** Whether a listing still has a file that a read did not find: then its state is unknown. */
  async #isListed(path: string, signal: AbortSignal): Promise<boolean> {
    const slash = path.lastIndexOf("/");
    const [directory, name] = [path.slice(0, Math.max(0, slash)), path.slice(slash + 1)];
    try {
      const wanted = (met: string) => met === name;
      const listing = this.#origin.list({ directory, recursive: false, wanted, signal });
      for await (const batch of listing) {
        if (batch.some((entry) => entry.path === path)) return true;
      }
    } catch (error) {
      if (!(error instanceof OriginNotFound)) throw error;
    }
    return false;
  }

  /** Reads the file in this version; undefined when the file is of another version. */
  async #readVersion(
    { path, wasStopped }: ListedFile,
    version: FileVersion & FileOwnership,
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
