import type { ObservedFile, StoredEvent } from "../../events/mod.ts";

/** A file as the log last told of it. */
export interface Copy extends ObservedFile {
  readonly origin: string;
  /** There, and understood: a copy of its track. */
  readonly visible: boolean;
  readonly removed: boolean;
  /** The track that it is a copy of, or was last. */
  readonly track: number;
}

/** Which files are copies of one track, the slow and plain way: everybody is asked, each time. */
export class TrackModel {
  readonly #files = new Map<number, Copy>();
  readonly #priorities = new Map<string, number>();

  fold(event: StoredEvent): void {
    switch (event.type) {
      case "FilesObserved":
        return this.#observe(event.data.origin, event.data.files);
      case "FilesRemoved":
        return event.data.files.forEach((file) => this.#remove(file));
      case "OriginRemoved":
        return this.files().filter(({ origin }) => origin === event.data.origin)
          .forEach(({ file }) => this.#remove(file));
      case "OriginConfigured":
        this.#priorities.set(event.data.origin, event.data.priority);
    }
  }

  files(): Copy[] {
    return [...this.#files.values()];
  }

  /** Copies of a track, in the order in which they would be shown. */
  copies(track: number): Copy[] {
    return this.files().filter((it) => it.visible && it.track === track)
      .sort((a, b) => this.#order(a, b));
  }

  /** What the tree shows of each track. */
  primaries(): Map<number, Copy> {
    const copies = this.files().filter(({ visible }) => visible).sort((a, b) => this.#order(b, a));
    return new Map(copies.map((copy) => [copy.track, copy]));
  }

  #order(one: Copy, other: Copy): number {
    const [first = 0, second = 0] = [one, other].map(({ origin }) => this.#priorities.get(origin));
    return first - second || (one.origin < other.origin ? -1 : 1);
  }

  #remove(file: number): void {
    const copy = this.#files.get(file);
    if (copy) this.#files.set(file, { ...copy, visible: false, removed: true });
  }

  #observe(origin: string, files: readonly ObservedFile[]): void {
    const joining: Copy[] = [];
    for (const file of files) {
      const before = this.#files.get(file.file);
      const visible = file.format !== undefined;
      const track = before?.track ?? file.file;
      const after = { ...file, origin, visible, removed: false, track };
      const others = this.copies(track).filter((it) => it.file !== file.file);
      const stays = before?.visible && (others.length === 0 ||
        others.every((it) => it.origin !== origin) &&
          others.some((it) => isSamePlace(it, after) || isSameSound(it, after)));
      this.#files.set(file.file, { ...after, visible: visible && (stays ?? false) });
      if (visible && !(stays && others.length > 0)) joining.push(after);
    }
    for (const file of joining) this.#join(file, files);
  }

  #join(file: Copy, observed: readonly ObservedFile[]): void {
    const { visible: isAlone } = this.#files.get(file.file)!;
    const place = this.#candidates(file, observed, isSamePlace);
    const candidates = place.length > 0 ? place : this.#candidates(file, observed, isSameSound);
    const [match] = candidates.map(({ track }) => track).sort((a, b) => a - b);
    if (match === undefined) {
      const track = isAlone ? file.track : this.#free(file);
      this.#files.set(file.file, { ...file, track });
    } else {
      const track = isAlone ? Math.min(match, file.track) : match;
      for (const copy of this.copies(match)) this.#files.set(copy.file, { ...copy, track });
      this.#files.set(file.file, { ...file, track });
    }
  }

  /** Files that match, of tracks that have no copy on the origin of this one. */
  #candidates(file: Copy, observed: readonly ObservedFile[], matches: typeof isSamePlace): Copy[] {
    return this.files().filter((it) =>
      it.visible && it.origin !== file.origin && matches(it, file) &&
      !observed.some((seen) => seen.file === it.file) &&
      this.copies(it.track).every(({ origin }) => origin !== file.origin)
    );
  }

  /** The number of the track that a file founds. */
  #free({ file, track }: Copy): number {
    if (this.copies(track).length === 0) return track;
    let number = file;
    while (this.copies(number).length > 0) {
      number = Math.min(...this.copies(number).map((it) => it.file));
    }
    return number;
  }
}

function isSamePlace(one: Copy, other: Copy): boolean {
  return one.path === other.path && one.size === other.size;
}

function isSameSound(one: Copy, other: Copy): boolean {
  return one.audio !== undefined && one.audio === other.audio;
}
