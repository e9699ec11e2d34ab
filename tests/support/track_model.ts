import type { CopyComparison, ObservedFile, StoredEvent } from "../../events/mod.ts";

/** A file in the state that the log last told. */
export interface Copy extends ObservedFile {
  readonly origin: string;
  /** Whether the file exists and was understood: then it is a copy of its track. */
  readonly visible: boolean;
  readonly removed: boolean;
  /** The track that it is a copy of, or last was. */
  readonly track: number;
  /** Position of the event that last brought other bytes. */
  readonly version: number;
}

/** Which files are copies of one track, computed in the slow and plain way: every file is compared each time. */
export class TrackModel {
  readonly #files = new Map<number, Copy>();
  readonly #priorities = new Map<string, number>();
  #comparisons: CopyComparison[] = [];

  fold(event: StoredEvent): void {
    switch (event.type) {
      case "FilesObserved":
        return this.#observe(event.data.origin, event.data.files, event.seq);
      case "FilesRemoved":
        return event.data.files.forEach((file) => this.#remove(file));
      case "OriginRemoved":
        return this.files().filter(({ origin }) => origin === event.data.origin)
          .forEach(({ file }) => this.#remove(file));
      case "OriginConfigured":
        this.#priorities.set(event.data.origin, event.data.priority);
        return;
      case "CopiesCompared":
        return event.data.comparisons.forEach((it) => this.#compare(it));
      case "PartsCompared": {
        const { file, version, alike } = event.data;
        const copy = this.#files.get(file);
        if (!alike && copy?.version === version && !copy.removed) {
          const { visible: _, removed: __, origin, version: ___, ...facts } = copy;
          this.#observe(origin, [facts], event.seq, true);
        }
      }
    }
  }

  files(): Copy[] {
    return [...this.#files.values()];
  }

  /** The copies of a track, the one to be shown first. */
  copies(track: number): Copy[] {
    return this.files().filter((it) => it.visible && it.track === track)
      .sort((a, b) => this.#order(a, b));
  }

  /** The copy that the tree shows of each track. */
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

  #observe(
    origin: string,
    files: readonly ObservedFile[],
    seq: number,
    isRenewed = false,
  ): void {
    const joining: { before: Copy | undefined; after: Copy; stays: boolean }[] = [];
    for (const file of files) {
      const before = this.#files.get(file.file);
      const visible = file.format !== undefined;
      const track = before?.track ?? file.file;
      const isSame = !isRenewed && before !== undefined && isSameVersion(before, file);
      const version = isSame ? before.version : seq;
      const after = { ...file, origin, visible, removed: false, track, version };
      const others = this.copies(track).filter((it) => it.file !== file.file);
      const looksLike = others.every((it) => it.origin !== origin && !this.#areUnlike(it, after)) &&
        (others.some((it) => isSamePlace(it, after) || isSameSound(it, after)) ||
          others.every((it) => this.#areAlike(it, after)));
      const stays = visible && before?.visible === true &&
        (others.length === 0 ||
          (isProven(file) ? isSame && others.every((it) => it.origin !== origin) : looksLike));
      this.#files.set(file.file, { ...after, visible: stays });
      if (visible) joining.push({ before, after, stays });
    }
    for (const it of joining) {
      if (!isProven(it.after)) this.#joinByLooks(it.after, it.stays, files);
      else if (!it.stays) this.#join(it.before, it.after);
    }
  }

  /** Finds the track of a file that has another version now. */
  #join(before: Copy | undefined, file: Copy): void {
    if (before?.visible && before.track === file.file) {
      const others = this.copies(file.file);
      this.#files.set(file.file, { ...file, track: file.file });
      const lowest = Math.min(...others.map((it) => it.file));
      for (const { file } of others) {
        this.#files.set(file, { ...this.#files.get(file)!, visible: false });
      }
      const track = others.length === 0 ? 0 : this.#way(lowest);
      for (const copy of others) this.#files.set(copy.file, { ...copy, track });
    } else {
      this.#files.set(file.file, { ...file, track: this.#free(file) });
    }
    this.#reunite(file.file);
  }

  #joinByLooks(file: Copy, isAlone: boolean, observed: readonly ObservedFile[]): void {
    if (isAlone && this.copies(file.track).length > 1) return;
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

  /** The matching files, of tracks without a copy on this file's origin. */
  #candidates(file: Copy, observed: readonly ObservedFile[], matches: typeof isSamePlace): Copy[] {
    return this.files().filter((it) =>
      it.visible && it.origin !== file.origin && matches(it, file) &&
      !observed.some((seen) => seen.file === it.file) &&
      this.copies(it.track).every((copy) =>
        copy.origin !== file.origin && !this.#areUnlike(copy, file) && !isProven(copy)
      )
    );
  }

  #compare(comparison: CopyComparison): void {
    const one = this.#files.get(comparison.file);
    const other = this.#files.get(comparison.other);
    if (!one?.visible || !other?.visible || one.origin === other.origin) return;
    if (one.version !== comparison.version || other.version !== comparison.other_version) return;
    this.#comparisons = this.#comparisons.filter((it) => !isOf(it, one, other));
    this.#comparisons.push(comparison);
    if (comparison.alike !== "nothing") this.#unite(one.file, other.file);
    else if (one.track === other.track) {
      const [better, lesser] = this.#order(one, other) <= 0 ? [one, other] : [other, one];
      const leaves = better.track === lesser.file ? better : lesser;
      this.#files.set(leaves.file, { ...leaves, visible: false });
      this.#files.set(leaves.file, { ...leaves, track: this.#free(leaves) });
      this.#reunite(leaves.file);
    }
  }

  #reunite(file: number): void {
    const numbers = [...this.#files.keys()].sort((a, b) => a - b);
    for (const other of numbers) {
      const [one, it] = [this.#files.get(file)!, this.#files.get(other)!];
      if (it.visible && this.#areAlike(one, it)) this.#unite(file, other);
    }
  }

  #unite(file: number, other: number): void {
    const tracks = [file, other].map((it) => this.#files.get(it)!.track).sort((a, b) => a - b);
    const [to, from] = tracks as [number, number];
    if (to === from) return;
    const isOne = this.copies(to).every((one) =>
      this.copies(from).every((it) => it.origin !== one.origin && this.#areAlike(one, it))
    );
    if (!isOne) return;
    for (const copy of this.copies(from)) this.#files.set(copy.file, { ...copy, track: to });
  }

  #areAlike(one: Copy, other: Copy): boolean {
    return this.#comparisons.some((it) => it.alike !== "nothing" && isOf(it, one, other));
  }

  #areUnlike(one: Copy, other: Copy): boolean {
    return this.#comparisons.some((it) => it.alike === "nothing" && isOf(it, one, other));
  }

  /** The number of the track that a file founds. */
  #free({ file, track }: Copy): number {
    return this.copies(track).length === 0 ? track : this.#way(file);
  }

  #way(number: number): number {
    while (this.copies(number).length > 0) {
      number = Math.min(...this.copies(number).map((it) => it.file));
    }
    return number;
  }
}

/** Whether the program that saw the file did not take likeness for proof. */
function isProven({ reader }: ObservedFile): boolean {
  return reader !== undefined && reader > 0;
}

/** Whether a comparison is about the present versions of two files. */
function isOf(comparison: CopyComparison, one: Copy, other: Copy): boolean {
  const isIt = (a: Copy, b: Copy) =>
    comparison.file === a.file && comparison.version === a.version &&
    comparison.other === b.file && comparison.other_version === b.version;
  return isIt(one, other) || isIt(other, one);
}

function isSameVersion(before: Copy, file: ObservedFile): boolean {
  return !before.removed && before.size === file.size && before.mtime_s === file.mtime_s &&
    before.mtime_ns === file.mtime_ns && before.etag === file.etag &&
    (file.reread === true || before.audio === file.audio &&
        JSON.stringify(before.tags ?? {}) === JSON.stringify(file.tags ?? {}));
}

function isSamePlace(one: Copy, other: Copy): boolean {
  return one.path === other.path && one.size === other.size;
}

function isSameSound(one: Copy, other: Copy): boolean {
  return one.audio !== undefined && one.audio === other.audio;
}
