import type { DatabaseSync } from "node:sqlite";
import type { NamesFor } from "../../events/facts/library.ts";
import type { StoredEvent } from "../../events/log/event_log.ts";
import {
  foldCase,
  LOG_START,
  type NodeId,
  nodeOfTrack,
  nodeSince,
  type Seq,
  type TrackId,
} from "../../src/base/mod.ts";
import type { FileState, TrackTransition } from "../catalog/file_state.ts";
import { PendingRows } from "../core/pending_rows.ts";
import type { NameFold } from "../naming/name_family.ts";
import type { Place } from "../naming/path_naming.ts";
import { Directories, type Directory, NEW_NODE_COLUMNS } from "./_directories.ts";
import type { Time } from "./_former_times.ts";
import { type Contest, decided, NameContests } from "./_name_contests.ts";
import { PathSpellings } from "./_path_spellings.ts";
import { Spellings } from "./_spellings.ts";
import { hasOtherOwnership, nodeOf, type TrackNode, TrackNodes } from "./_track_nodes.ts";
import type { TreeTables } from "./_tree_tables.ts";
import { folds } from "./_tree_template.ts";
import { ChangeFeed } from "./change_feed.ts";

/** The facts that are the same for all changes by one event. */
interface Moment {
  readonly seq: Seq;
  readonly at_s: number;
  readonly at_ns: number;
  /** The scan, to tell whether the same one created a directory; below 0 for an event without a scan. */
  readonly episode: number;
}

/** How names are compared. */
export interface NameRules {
  readonly names: NamesFor;
  readonly fold_case: boolean;
}

/**
 * A tree of tracks while events are folded: each track at the place that the caller gives it, and what follows of that
 * for directories, names and times (see `library_tree`). {@link begin} an event, place its tracks, then {@link settle}.
 */
export class TrackTree {
  readonly #directories: Directories;
  readonly #spellings: Spellings;
  readonly #nodes: TrackNodes;
  readonly #paths: PathSpellings;
  readonly #touched: Set<NodeId> | undefined;
  readonly feed: ChangeFeed;
  #isForWindows: boolean;
  /** The moment of the current event. */
  #moment: Moment = { seq: LOG_START, at_s: 0, at_ns: 0, episode: 0 };
  readonly #contests = new NameContests();
  readonly #emptied = new Set<Directory>();
  /** Directories of other scans in which an entry came, went or was renamed. */
  #relisted: Directory[] = [];

  /** `touched`, if any, gets the directories in which tracks come, go or change. */
  constructor(
    db: DatabaseSync,
    tables: TreeTables,
    { names, fold_case }: NameRules,
    { feed, touched }: { feed: boolean; touched?: Set<NodeId> },
  ) {
    const nodes = new PendingRows(db, tables.nodes, NEW_NODE_COLUMNS);
    const spellings = new Spellings(db, tables, nodes);
    const isFolding = folds(names, fold_case);
    this.#isForWindows = names === "windows";
    this.#nodes = new TrackNodes(tables, nodes);
    this.#spellings = spellings;
    this.#directories = new Directories(db, tables, { nodes, spellings, folds: isFolding });
    this.#paths = new PathSpellings(this.#directories, this.#spellings, this.#contests);
    this.feed = new ChangeFeed(db, tables.feed, feed);
    this.#touched = touched;
  }

  /** Begins an event. */
  begin(event: StoredEvent): void {
    this.#moment = {
      seq: event.seq,
      at_s: Math.floor(event.at / 1000),
      at_ns: Math.floor(event.at % 1000) * 1_000_000,
      episode: "scan" in event.data ? event.data.scan : -event.seq,
    };
  }

  get directories(): Directories {
    return this.#directories;
  }

  /** Writes what changed, and records directories whose time moved in the feed. */
  flush(): void {
    for (const { id, name, parent } of this.#directories.flush()) {
      this.feed.record("attributes", parent?.id ?? this.#directories.root.id, name, id, true);
    }
    this.feed.flush();
  }

  /** Compares names by other rules. The tree is empty, or all that it holds was compared by them before. */
  follow({ names, fold_case }: NameRules): void {
    this.#isForWindows = names === "windows";
    this.#directories.folds = folds(names, fold_case);
  }

  /** Forgets everything in memory, and how directories are spelled: the rows of the tree were removed. */
  forget(): void {
    this.#directories.forget();
    this.#spellings.clear();
  }

  /** Puts a track at a place of which it was not told before. */
  place(primary: FileState, { directory, name }: Place): void {
    this.#add(nodeOf(primary.track, primary, name, false), directory);
  }

  /** Makes a directory that stays when there is nothing in it. */
  keep(path: string): void {
    const directory = this.#ensure(path);
    directory.entries++;
    this.#directories.touch(directory);
    this.raise(directory);
  }

  /** Removes a directory of which every entry was removed. */
  drop(directory: Directory): void {
    const { name, id } = directory;
    const parent = directory.parent!;
    this.#directories.remove(directory);
    this.#listing(parent);
    this.feed.record("removed", parent.id, name, id, true);
    this.#vacated(parent, name);
    if (parent.entries === 0) this.#emptied.add(parent);
  }

  /** Raises a directory to the time of the event. */
  raise(directory: Directory): void {
    this.#directories.raise(directory, this.#moment.at_s, this.#moment.at_ns);
  }

  /**
   * A track comes, goes, changes or moves. `from` and `to` are its places before and after; undefined where it has none.
   */
  move(
    { track, before, after, renewed }: TrackTransition,
    from: Place | undefined,
    to: Place | undefined,
  ): void {
    if (from && to && from.name === to.name && this.#isSamePath(from.directory, to.directory)) {
      this.#refresh(
        nodeOf(track, after!, to.name, renewed),
        to,
        hasOtherOwnership(before!, after!),
      );
      if (from.directory === to.directory) return;
      const directory = this.#directories.byPath(to.directory)!;
      this.#paths.change(track, directory, from.directory, to.directory);
    } else {
      if (from) this.#remove(track, from);
      if (to) this.#add(nodeOf(track, after!, to.name, renewed), to.directory);
    }
  }

  #isSamePath(one: string, other: string): boolean {
    return one === other || this.#directories.folds && foldCase(one) === foldCase(other);
  }

  /** How names of tracks are compared. */
  get #fold(): NameFold {
    return this.#isForWindows ? foldCase : asItIs;
  }

  /** Updates the node of a track that stays at its place. */
  #refresh(node: TrackNode, place: Place, isOthers: boolean): void {
    const { track } = node;
    const directory = this.#directories.byPath(place.directory)!;
    this.#touched?.add(directory.id);
    const waiting = this.#contests.about(directory, place.name, this.#fold);
    const nameless = waiting?.nameless.get(track);
    if (nameless) {
      waiting!.nameless.set(track, { ...node, renewed: node.renewed || nameless.renewed });
    } else if (node.renewed || isOthers) {
      const name = this.#nodes.nameOf(directory, track, place.name);
      this.#nodes.update(directory, node, name);
      const kind = node.renewed ? "content" : "attributes";
      this.feed.record(kind, directory.id, name, nodeOfTrack(track), false);
    }
    if (node.renewed) this.#raise(directory, node);
  }

  /**
   * Raises the directory to the time of a file. A time in the future counts as the time of the event, since otherwise
   * the directory would keep it for ever.
   */
  #raise(directory: Directory, { mtime_s, mtime_ns }: TrackNode): void {
    const { at_s, at_ns } = this.#moment;
    const isToCome = mtime_s > at_s || mtime_s === at_s && mtime_ns > at_ns;
    if (isToCome) this.#directories.raise(directory, at_s, at_ns);
    else this.#directories.raise(directory, mtime_s, mtime_ns);
  }

  #add(node: TrackNode, path: string): void {
    const directory = this.#ensure(path);
    this.#touched?.add(directory.id);
    this.#paths.add(node.track, directory, path);
    directory.entries++;
    this.#directories.touch(directory);
    if (!this.#name(directory, node, node.wanted)) {
      this.#contests.begin(directory, node.wanted, this.#fold).nameless.set(node.track, node);
    }
    this.#raise(directory, node);
  }

  /** Gives the node a name. Returns false when another node has it. */
  #name(directory: Directory, node: TrackNode, name: string): boolean {
    if (!this.#nodes.insert(directory, node, name, this.#isForWindows)) return false;
    directory.named(name);
    this.#listing(directory);
    const id = nodeOfTrack(node.track);
    this.feed.record("added", directory.id, name, id, false);
    if (node.renewed) this.feed.record("content", directory.id, name, id, false);
    return true;
  }

  #unname(directory: Directory, track: TrackId, name: string): void {
    this.#nodes.delete(directory, name);
    this.#listing(directory);
    this.feed.record("removed", directory.id, name, nodeOfTrack(track), false);
  }

  #remove(track: TrackId, place: Place): void {
    const directory = this.#directories.byPath(place.directory)!;
    this.#touched?.add(directory.id);
    this.#paths.remove(track, directory, place.directory);
    const waiting = this.#contests.about(directory, place.name, this.#fold);
    if (!waiting?.nameless.delete(track)) {
      this.#unname(directory, track, this.#nodes.nameOf(directory, track, place.name));
      this.#vacated(directory, place.name);
    }
    this.#left(directory);
  }

  #left(directory: Directory): void {
    directory.entries--;
    this.#directories.touch(directory);
    if (directory.entries === 0) this.#emptied.add(directory);
  }

  /** Notes that a name is free again: a track that was denied it may now get it. */
  #vacated(directory: Directory, name: string): void {
    if (this.#nodes.hasDisplaced(directory)) this.#contests.begin(directory, name, this.#fold);
  }

  #ensure(path: string): Directory {
    const known = this.#directories.byPath(path);
    if (known) return known;
    const slash = path.lastIndexOf("/");
    const parent = this.#ensure(path.slice(0, Math.max(0, slash)));
    const name = path.slice(slash + 1);
    this.#evict(parent, name);
    const { episode, seq } = this.#moment;
    const directory = this.#directories.add(parent, path, episode, nodeSince(seq));
    this.#listing(parent);
    this.feed.record("added", parent.id, name, directory.id, true);
    return directory;
  }

  /** Takes its name from a track when a new directory needs it. */
  #evict(parent: Directory, name: string): void {
    if (parent.names?.has(name) === false) return;
    const found = this.#nodes.at(parent, name, this.#isForWindows);
    if (found === undefined) return;
    const { node } = found;
    this.#unname(parent, node.track, found.name);
    this.#contests.begin(parent, node.wanted, this.#fold).nameless.set(node.track, node);
  }

  /** Notes that an entry came, went or was renamed. */
  #listing(directory: Directory): void {
    const { seq, episode } = this.#moment;
    directory.born ??= episode;
    if (directory.version === nodeSince(seq)) return;
    directory.version = nodeSince(seq);
    this.#directories.touch(directory);
    if (directory.born !== episode) this.#relisted.push(directory);
  }

  /**
   * Ends an event, or a part of one that places tracks. First, empty directories are removed. Then the others are
   * spelled as most of their tracks spell them. Then contested names are given. Last, directories whose entries changed
   * move to the event's time.
   */
  settle(): void {
    for (const directory of this.#emptied) {
      if (directory.entries > 0 || directory.parent === undefined) continue;
      if (!this.#directories.exists(directory)) continue;
      this.drop(directory);
    }
    this.#emptied.clear();
    for (const { directory, spelling } of this.#paths.settle()) {
      if (spelling !== directory.name) this.#rename(directory, spelling);
    }
    for (const contest of this.#contests) {
      if (this.#directories.exists(contest.directory)) this.#decide(contest);
    }
    this.#contests.clear();
    for (const directory of this.#relisted) {
      if (!this.#directories.exists(directory)) continue;
      this.raise(directory);
    }
    this.#relisted = [];
  }

  #rename(directory: Directory, spelling: string): void {
    const { name, id } = directory;
    const parent = directory.parent!;
    // For Windows no track can have a name that differs by case alone.
    if (!this.#isForWindows) this.#evict(parent, spelling);
    this.#directories.rename(directory, spelling);
    this.#listing(parent);
    this.feed.record("removed", parent.id, name, id, true);
    this.feed.record("added", parent.id, spelling, id, true);
    this.#vacated(parent, name);
  }

  #decide(contest: Contest): void {
    const { directory, family } = contest;
    const relatives = this.#nodes.relatives(directory, family, this.#isForWindows);
    const { losers, winners } = decided(contest, relatives, this.#fold);
    for (const { track, name } of losers) this.#unname(directory, track, name);
    for (const { node, name } of winners) this.#name(directory, node, name);
  }

  /** Raises a directory, if it exists, to a former time of it, and to that of the event. */
  raiseFormer(path: string, time: Time): void {
    const directory = this.#directories.byPath(path);
    if (directory === undefined) return;
    this.#directories.raise(directory, ...time);
    this.raise(directory);
  }
}

function asItIs(name: string): string {
  return name;
}
