import type { FileVersion } from "../../../events/facts/files.ts";
import { abortable } from "../abortable.ts";
import { keyOfPath, keyProblem, parseS3Address, type S3Address } from "./_address.ts";
import { privateAuthorities } from "./_authorities.ts";
import { isSameObject, objectBytes, type Telling } from "./_body.ts";
import { type LoadedS3, loadS3 } from "./_client.ts";
import { entriesOfPage } from "./_entries.ts";
import { isAboutCredentials, isOriginError, s3Error, statusOf, wantsHostStyle } from "./_errors.ts";
import { S3Http } from "./_http.ts";
import { type ListedPage, listedPages, objectVersion, OutOfOrder, urlDecoded } from "./_listing.ts";
import {
  type CallOptions,
  type ListOptions,
  type Origin,
  OriginChanged,
  type OriginEntry,
  OriginNotFound,
  OriginRefused,
  OriginUnreachable,
  type ReadOptions,
} from "../origin.ts";
import { OriginUnreadable } from "../unreachable.ts";
import { versionText } from "../version.ts";
import { compareBytes } from "../walk_order.ts";

/** How a bucket is reached; see OriginSettings. */
export interface S3Ways {
  /** Whether the bucket is named in the path; found out when absent. */
  readonly pathStyle?: boolean;
  /** A file of certificates that may sign the server's certificate. */
  readonly ca?: string;
}

/** The ending of the names of Amazon's directory buckets, which list in no order. */
const UNORDERED_SUFFIX = "--x-s3";

/** A request, for messages, and whether a refusal concerns one object alone. */
interface Question {
  readonly what: string;
  readonly isObject: boolean;
}

/**
 * Music in a bucket of Amazon's S3, or of any server that speaks its protocol. Directories are the parts of keys
 * before slashes. The SDK is loaded at the first call. Only whole seconds of modification times count, since listings
 * have more digits than answers for one object; versions are told apart by their ETag.
 */
export class S3Origin implements Origin {
  readonly kind = "s3";
  readonly id: string;
  readonly root: string;
  readonly #address: S3Address;
  readonly #closing = new AbortController();
  readonly #ways: S3Ways;
  #http: S3Http | undefined;
  #isPathStyle: boolean;
  #isUnordered: boolean;
  #isEncoded: boolean | undefined;
  #telling: Telling = "etag and time";
  #loading: Promise<LoadedS3> | undefined;

  /** Throws TypeError when `root` is no address of a bucket. */
  constructor(id: string, root: string, ways: S3Ways = {}) {
    this.id = id;
    this.root = root;
    this.#address = parseS3Address(root);
    this.#ways = ways;
    this.#isPathStyle = ways.pathStyle ?? this.#address.endpoint !== undefined;
    this.#isUnordered = this.#address.bucket.endsWith(UNORDERED_SUFFIX);
  }

  /** Compares the bytes of keys, the order in which a bucket lists. */
  compare(a: string, b: string): number {
    return compareBytes(a, b);
  }

  async *list(options: ListOptions = {}): AsyncIterableIterator<readonly OriginEntry[]> {
    const { directory = "", after } = options;
    const top = directory === "" ? "" : `${directory}/`;
    let isEmpty = true;
    let previous = "";
    for await (const page of this.#orderedPages(top, options)) {
      if (page.objects.length + page.prefixes.length > 0) isEmpty = false;
      for (const batch of entriesOfPage(page, this.#address, options, previous)) {
        yield batch;
        this.#throwIfEnded(options);
      }
      previous = page.objects.at(-1)?.key ?? previous;
    }
    if (isEmpty && directory !== "") await this.#checkDirectory(top, options, after !== undefined);
  }

  /**
   * The pages of a listing in the order of the keys. For a bucket without that order, all of them sorted into one
   * page.
   */
  async *#orderedPages(top: string, options: ListOptions): AsyncGenerator<ListedPage> {
    let isBegun = false;
    if (!this.#isUnordered) {
      try {
        for await (const page of this.#pages(top, options)) {
          isBegun = true;
          yield page;
        }
        return;
      } catch (error) {
        if (!(error instanceof OutOfOrder)) throw error;
        this.#isUnordered = true;
        // Pages were yielded already, so the keys that come can't be put in order. The next listing will be.
        if (isBegun) throw error;
      }
    }
    const pages: ListedPage[] = [];
    for await (const page of this.#pages(top, options)) pages.push(page);
    const objects = pages.flatMap((page) => page.objects)
      .sort((a, b) => compareBytes(a.key, b.key));
    const twice = objects.find(({ key }, i) => key === objects[i + 1]?.key);
    if (twice !== undefined) {
      throw new OriginUnreachable(`Cannot list ${this.root}: it lists a key twice`);
    }
    yield { objects, prefixes: [...new Set(pages.flatMap(({ prefixes }) => prefixes))].sort() };
  }

  async stat(path: string, options: CallOptions = {}): Promise<FileVersion> {
    const question = this.#aboutObject("stat", path);
    const answer = await this.#ask(question, options, async ({ sdk, client }, abortSignal) => {
      const command = new sdk.HeadObjectCommand({ ...this.#object(path) });
      try {
        return await client.send(command, { abortSignal });
      } catch (error) {
        // An answer to HEAD has no body that would say whether the object, the bucket or the credentials are wrong.
        const status = statusOf(error);
        if (status !== 404 && status !== 403 && status !== 400) throw error;
        await this.check(options);
        if (status === 404) throw new OriginNotFound(`Cannot ${question.what}: no such key`);
        throw error;
      }
    });
    const { ContentLength, LastModified, ETag } = answer;
    return objectVersion(ContentLength, LastModified, ETag, question.what);
  }

  async *read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions = {},
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    try {
      yield* this.#read(path, offset, length, options);
    } catch (error) {
      // No bytes were yielded yet, so a second attempt can't mix versions.
      if (!(error instanceof OriginChanged) || !(await this.#isListedAs(path, options))) {
        throw error;
      }
      yield* this.#read(path, offset, length, options);
    }
  }

  async *#read(
    path: string,
    offset: number,
    length: number,
    options: ReadOptions,
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    const { version } = options;
    const question = this.#aboutObject("read", path);
    // HTTP has no empty range.
    if (length === 0 || (version !== undefined && offset >= version.size)) {
      const found = await this.stat(path, options);
      if (version === undefined || isSameObject(found, version, this.#telling)) return;
      throw new OriginChanged(`Cannot ${question.what}: it is ${versionText(found)} by now`);
    }
    const answer = await this.#ask(question, options, async ({ sdk, client }, abortSignal) => {
      const command = new sdk.GetObjectCommand({
        ...this.#object(path),
        Range: `bytes=${offset}-${offset + length - 1}`,
        ...(version?.etag === undefined || this.#telling === "time"
          ? {}
          : { IfMatch: `"${version.etag}"` }),
      });
      try {
        return await client.send(command, { abortSignal });
      } catch (error) {
        const status = statusOf(error);
        if (status === 416 && version === undefined) return undefined;
        if (status !== 500) throw error;
        // The cause may be this object alone, or everything.
        await this.check(options);
        throw new OriginUnreadable(s3Error(error, question.what, true).message);
      }
    });
    if (answer === undefined) return;
    const asked = { what: question.what, offset, length, version, telling: this.#telling };
    const signal = this.#signal(options);
    try {
      yield* objectBytes(answer, asked, signal);
    } catch (error) {
      throw this.#error(error, question, options);
    }
  }

  /**
   * Whether a listing has the very version that a read did not find, while the answer for the object differs in
   * either the ETag or the time. What differs counts for nothing from then on.
   */
  async #isListedAs(path: string, options: ReadOptions): Promise<boolean> {
    const { version } = options;
    if (version?.etag === undefined || this.#telling !== "etag and time") return false;
    const found = await this.stat(path, options);
    const telling = (["etag", "time"] as const).find((it) => isSameObject(found, version, it));
    if (telling === undefined || isSameObject(found, version, this.#telling)) return false;
    const key = this.#key(path);
    for await (const page of this.#pages(path, { ...options, recursive: true, maxKeys: 1 })) {
      const listed = page.objects.find((object) => object.key === key)?.version;
      const isListed = listed !== undefined && isSameObject(listed, version, "etag and time");
      if (isListed) this.#telling = telling;
      return isListed;
    }
    return false;
  }

  /** Objects may be readable by name in a bucket that may not be listed: a refused listing counts as an answer. */
  async check(options: CallOptions = {}): Promise<void> {
    const pages = this.#pages("", { ...options, maxKeys: 1 });
    try {
      await pages.next();
    } catch (error) {
      if (!(error instanceof OriginRefused)) throw error;
    } finally {
      await pages.return(undefined);
    }
  }

  renew(): void {
    this.#http?.renew();
  }

  close(): Promise<void> {
    this.#closing.abort();
    this.#http?.destroy();
    return Promise.resolve();
  }

  #pages(
    top: string,
    options: ListOptions & { readonly maxKeys?: number },
  ): AsyncGenerator<ListedPage> {
    const { recursive = true, after, maxKeys } = options;
    const question = { what: `list ${this.root}`, isObject: false };
    const start = after === undefined ? undefined : keyOfPath(after);
    const request = {
      Bucket: this.#address.bucket,
      Prefix: this.#key(top),
      // Keys may hold characters that XML can't express.
      EncodingType: "url" as const,
      ...(recursive ? {} : { Delimiter: "/" }),
      ...(maxKeys === undefined ? {} : { MaxKeys: maxKeys }),
      ...(start === undefined || this.#isUnordered
        ? {}
        : { StartAfter: this.#address.prefix + start }),
    };
    return listedPages({
      what: question.what,
      prefix: request.Prefix,
      isOrdered: !this.#isUnordered,
      isEncoded: async (key) => this.#isEncoded ??= await this.#isKeyEncoded(key, options),
      ask: (token) =>
        this.#ask(question, options, ({ sdk, client }, abortSignal) => {
          const more = token === undefined ? {} : { ContinuationToken: token };
          const command = new sdk.ListObjectsV2Command({ ...request, ...more });
          return client.send(command, { abortSignal });
        }),
    });
  }

  /** Throws OriginNotFound for a directory without a key below it, unless the listing began after a position. */
  async #checkDirectory(top: string, options: ListOptions, isPart: boolean): Promise<void> {
    if (isPart) {
      const signal = options.signal === undefined ? {} : { signal: options.signal };
      const pages = this.#pages(top, { ...signal, maxKeys: 1 });
      const { value } = await pages.next();
      await pages.return(undefined);
      if (value?.objects.length > 0) return;
    }
    throw new OriginNotFound(`Cannot list ${top} of ${this.root}: there is nothing`);
  }

  /** Sends a request. Any failure becomes an error of an origin, or the caller's own reason. */
  async #ask<T>(
    question: Question,
    options: CallOptions,
    work: (loaded: LoadedS3, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      const signal = this.#signal(options);
      signal.throwIfAborted();
      const loading = this.#load();
      const loaded = await abortable(loading, signal);
      try {
        return await abortable(work(loaded, signal), signal);
      } catch (error) {
        const isHostStyle = this.#ways.pathStyle === undefined && this.#isPathStyle &&
          wantsHostStyle(error, this.#address.bucket);
        if (!isHostStyle && !isAboutCredentials(error)) throw error;
        if (isHostStyle) this.#isPathStyle = false;
        // New credentials may be there by now. Of all calls that were refused, one looks for them.
        if (this.#loading === loading) this.#loading = undefined;
        const again = await abortable(this.#load(), signal);
        if (!isHostStyle && again.identity === loaded.identity) throw error;
        return await abortable(work(again, signal), signal);
      }
    } catch (error) {
      throw this.#error(error, question, options);
    }
  }

  #error(error: unknown, { what, isObject }: Question, { signal }: CallOptions): unknown {
    if (signal?.aborted) return signal.reason;
    if (this.#closing.signal.aborted) {
      return new OriginUnreachable(`Cannot ${what}: the origin was closed`);
    }
    return isOriginError(error) ? error : s3Error(error, what, isObject);
  }

  #throwIfEnded(options: CallOptions): void {
    options.signal?.throwIfAborted();
    if (this.#closing.signal.aborted) {
      throw new OriginUnreachable(`Cannot list ${this.root}: the origin was closed`);
    }
  }

  #signal({ signal }: CallOptions): AbortSignal {
    const closing = this.#closing.signal;
    return signal === undefined ? closing : AbortSignal.any([closing, signal]);
  }

  /** Loads the SDK once. A failure, such as an expired login, is not remembered. */
  #load(): Promise<LoadedS3> {
    try {
      this.#http ??= new S3Http(
        privateAuthorities(this.#ways.ca, this.#address.endpoint !== undefined),
      );
    } catch (error) {
      return Promise.reject(error);
    }
    return this.#loading ??= loadS3(this.#address, this.#http, this.#isPathStyle).catch((error) => {
      this.#loading = undefined;
      throw error;
    });
  }

  /** Whether there is no object with this key, but one with the decoded key. */
  async #isKeyEncoded(key: string, options: CallOptions): Promise<boolean> {
    const question = { what: `list ${this.root}`, isObject: true };
    const has = (key: string) =>
      this.#ask(question, options, async ({ sdk, client }, abortSignal) => {
        const command = new sdk.HeadObjectCommand({ Bucket: this.#address.bucket, Key: key });
        try {
          await client.send(command, { abortSignal });
          return true;
        } catch (error) {
          if (statusOf(error) === 404) return false;
          throw error;
        }
      });
    const decoded = urlDecoded(key);
    return decoded !== undefined && !(await has(key)) && await has(decoded);
  }

  /** Throws OriginNotFound for a path that no listing calls a file: it could lead out of the bucket. */
  #object(path: string): { Bucket: string; Key: string } {
    const problem = keyProblem(path);
    if (problem === undefined) return { Bucket: this.#address.bucket, Key: this.#key(path) };
    throw new OriginNotFound(`Cannot find ${path} of ${this.root}: ${problem}`);
  }

  /** Throws OriginNotFound for a path that can't be a key, since keys are UTF-8. */
  #key(path: string): string {
    const key = keyOfPath(path);
    if (key !== undefined) return this.#address.prefix + key;
    throw new OriginNotFound(`Cannot find ${path} of ${this.root}: it is not UTF-8`);
  }

  #aboutObject(verb: string, path: string): Question {
    return { what: `${verb} ${path} of ${this.root}`, isObject: true };
  }
}
