/** A watched directory. One that only leads to watched directories has no watch. */
interface Place {
  watch: number | undefined;
  readonly below: Map<string, Place>;
}

/** The directory of each watch, as a tree, so that everything below a directory is found without a look at the rest. */
export class WatchedPaths {
  readonly #byWatch = new Map<number, string>();
  readonly #root: Place = { watch: undefined, below: new Map() };

  get size(): number {
    return this.#byWatch.size;
  }

  has(watch: number): boolean {
    return this.#byWatch.has(watch);
  }

  path(watch: number): string | undefined {
    return this.#byWatch.get(watch);
  }

  add(watch: number, path: string): void {
    this.#byWatch.set(watch, path);
    let place = this.#root;
    for (const name of namesOf(path)) {
      let next = place.below.get(name);
      if (next === undefined) place.below.set(name, next = { watch: undefined, below: new Map() });
      place = next;
    }
    place.watch = watch;
  }

  /** Forgets one watch. */
  remove(watch: number): void {
    const path = this.#byWatch.get(watch);
    if (path === undefined) return;
    this.#byWatch.delete(watch);
    const way = this.#wayTo(path);
    const place = way?.at(-1);
    if (way === undefined || place!.watch !== watch) return;
    place!.watch = undefined;
    this.#prune(way, namesOf(path));
  }

  /** Forgets a directory and everything below it. Returns the watches that they had. */
  removeTree(path: string): number[] {
    const way = this.#wayTo(path);
    if (way === undefined) return [];
    const watches: number[] = [];
    const places = [way.at(-1)!];
    for (let place = places.pop(); place !== undefined; place = places.pop()) {
      if (place.watch !== undefined) watches.push(place.watch);
      places.push(...place.below.values());
      place.watch = undefined;
      place.below.clear();
    }
    for (const watch of watches) this.#byWatch.delete(watch);
    this.#prune(way, namesOf(path));
    return watches;
  }

  /** The places from the root to a path. */
  #wayTo(path: string): Place[] | undefined {
    const way = [this.#root];
    for (const name of namesOf(path)) {
      const next = way.at(-1)!.below.get(name);
      if (next === undefined) return undefined;
      way.push(next);
    }
    return way;
  }

  /** Removes places that lead to no watched directory. */
  #prune(way: readonly Place[], names: readonly string[]): void {
    for (let i = names.length; i > 0; i--) {
      const { watch, below } = way[i]!;
      if (watch !== undefined || below.size > 0) return;
      way[i - 1]!.below.delete(names[i - 1]!);
    }
  }
}

function namesOf(path: string): string[] {
  return path === "" ? [] : path.split("/");
}
