import type { FileVersion } from "../../../events/facts/files.ts";
import type { OriginType } from "../../../events/facts/origins.ts";
import type { CallOptions, ListOptions, Origin, OriginEntry, ReadOptions } from "../origin.ts";

/** An origin that hands every call on to another one. Subclasses override what is to be different. */
export abstract class WrappedOrigin implements Origin {
  protected readonly inner: Origin;

  constructor(inner: Origin) {
    this.inner = inner;
  }

  get id(): string {
    return this.inner.id;
  }

  get kind(): OriginType {
    return this.inner.kind;
  }

  get root(): string {
    return this.inner.root;
  }

  get followsLinks(): boolean {
    return this.inner.followsLinks ?? false;
  }

  compare(a: string, b: string): number {
    return this.inner.compare(a, b);
  }

  list(options?: ListOptions): AsyncIterableIterator<readonly OriginEntry[]> {
    return this.inner.list(options);
  }

  stat(path: string, options?: CallOptions): Promise<FileVersion> {
    return this.inner.stat(path, options);
  }

  read(
    path: string,
    offset: number,
    length: number,
    options?: ReadOptions,
  ): AsyncIterableIterator<Uint8Array<ArrayBuffer>> {
    return this.inner.read(path, offset, length, options);
  }

  check(options?: CallOptions): Promise<void> {
    return this.inner.check(options);
  }

  close(): Promise<void> {
    return this.inner.close();
  }
}
