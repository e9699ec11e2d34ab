import type { DatabaseSync } from "node:sqlite";
import type { StoredEvent } from "../../events/log/event_log.ts";
import {
  foldCase,
  LOG_START,
  nodeOfTrack,
  nodeSince,
  type Seq,
  type TrackId,
} from "../../src/base/mod.ts";
import { FileDetailsStore } from "../catalog/file_details.ts";
import type { FileState, TrackTransition } from "../catalog/file_state.ts";
import { FileStore } from "../catalog/file_store.ts";
import { PendingRows } from "../core/pending_rows.ts";
import type { Changes, Fold, FoldContext, Transitions } from "../core/projection.ts";
import type { NameFold } from "../naming/name_family.ts";
import { type Place, Template } from "../naming/path_naming.ts";
import { addRoot, Directories, type Directory, NEW_NODE_COLUMNS } from "./_directories.ts";
import { FormerTimes, type Time } from "./_former_times.ts";
import { inSteps } from "./_in_steps.ts";
import { type Contest, decided, NameContests } from "./_name_contests.ts";
import { PathSpellings } from "./_path_spellings.ts";
import { Spellings } from "./_spellings.ts";
import { hasOtherOwnership, nodeOf, type TrackNode, TrackNodes } from "./_track_nodes.ts";
import { folds, isOther, parsed, templateIn, type TreeTemplate } from "./_tree_template.ts";
import { ChangeFeed } from "./change_feed.ts";
import { ROOT_ID } from "./tree_types.ts";

/** The facts that are the same for all changes by one event. */
interface Moment {
  readonly seq: Seq;
  readonly at_s: number;
  readonly at_ns: number;
  /** The scan, to tell whether the same one created a directory; below 0 for an event without a scan. */
  readonly episode: number;
}

/** How events change the tree. */
export class TreeFold implements Fold {
  readonly #db: DatabaseSync;
  readonly #store: FileStore;
  readonly #details: FileDetailsStore;
  readonly #directories: Directories;
  readonly #spellings: Spellings;
  readonly #feed: ChangeFeed;
  readonly #nodes: TrackNodes;
  readonly #touched: FoldContext["touched"];
  readonly #paths: PathSpellings;
  #template: Template;
  /** The moment of the current event. */
  #moment: Moment = { seq: LOG_START, at_s: 0, at_ns: 0, episode: 0 };
  readonly #contests = new NameContests();
  readonly #emptied = new Set<Directory>();
  /** Directories of other scans in which an entry came, went or was renamed. */
  #relisted: Directory[] = [];

  constructor(db: DatabaseSync, context: FoldContext) {
    this.#db = db;
    this.#store = new FileStore(db);
    this.#details = new FileDetailsStore(db);
    const { template, names, fold_case } = templateIn(db);
    this.#template = new Template(template, names);
    const nodes = new PendingRows(db, "nodes", NEW_NODE_COLUMNS);
    this.#nodes = new TrackNodes(nodes);
    this.#spellings = new Spellings(db, nodes);
    this.#directories = new Directories(db, nodes, this.#spellings, folds(names, fold_case));
    this.#paths = new PathSpellings(this.#directories, this.#spellings, this.#contests);
    this.#feed = new ChangeFeed(db, "tree", context.feed);
    this.#touched = context.touched;
  }

  apply(
    event: StoredEvent,
    _files: Transitions,
    tracks: Changes["tracks"],
  ): void | Iterable<unknown> {
    if (event.type !== "TemplateChanged" && tracks.length === 0) return;
    this.#moment = {
      seq: event.seq,
      at_s: Math.floor(event.at / 1000),
      at_ns: Math.floor(event.at % 1000) * 1_000_000,
      episode: "scan" in event.data ? event.data.scan : -event.seq,
    };
    if (event.type === "TemplateChanged") return this.#replace(event.data);
    for (const transition of tracks) this.#follow(transition);
    this.#settle();
  }

  flush(): void {
    this.#writeDirectories();
    this.#feed.flush();
  }

  /** Writes the directories that changed, and records those whose time moved in the feed. */
  #writeDirectories(): void {
    for (const { id, name, parent } of this.#directories.flush()) {
      this.#feed.record("attributes", parent?.id ?? ROOT_ID, name, id, true);
    }
  }

  #follow({ track, before, after, renewed }: TrackTransition): void {
    const from = before && this.#place(before);
    const to = after && this.#place(after);
    if (from && to && from.name === to.name && this.#isSamePath(from.directory, to.directory)) {
      this.#refresh(nodeOf(track, after, to.name, renewed), to, hasOtherOwnership(before!, after!));
      if (from.directory === to.directory) return;
      const directory = this.#directories.byPath(to.directory)!;
      this.#paths.change(track, directory, from.directory, to.directory);
    } else {
      if (from) this.#remove(track, from);
      if (to) this.#add(nodeOf(track, after, to.name, renewed), to.directory);
    }
  }

  #isSamePath(one: string, other: string): boolean {
    return one === other || this.#directories.folds && foldCase(one) === foldCase(other);
  }

  /** How names of tracks are compared. */
  get #fold(): NameFold {
    return this.#isForWindows ? foldCase : asItIs;
  }

  get #isForWindows(): boolean {
    return this.#template.names === "windows";
  }

  #place(state: FileState): Place {
    return this.#template.place({
      ...{ names: state.names, format: state.format!, tags: state.trackTags },
      details: () => state.details ?? this.#details.get(state.file),
    });
  }

  /** Updates the node of a track that stays at its place. */
  #refresh(node: TrackNode, place: Place, isOthers: boolean): void {
    const { track } = node;
    const directory = this.#directories.byPath(place.directory)!;
    this.#touched.add(directory.id);
    const waiting = this.#contests.about(directory, place.name, this.#fold);
    const nameless = waiting?.nameless.get(track);
    if (nameless) {
      waiting!.nameless.set(track, { ...node, renewed: node.renewed || nameless.renewed });
    } else if (node.renewed || isOthers) {
      const name = this.#nodes.nameOf(directory, track, place.name);
      this.#nodes.update(directory, node, name);
      const kind = node.renewed ? "content" : "attributes";
      this.#feed.record(kind, directory.id, name, nodeOfTrack(track), false);
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
    this.#touched.add(directory.id);
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
    this.#feed.record("added", directory.id, name, id, false);
    if (node.renewed) this.#feed.record("content", directory.id, name, id, false);
    return true;
  }

  #unname(directory: Directory, track: TrackId, name: string): void {
    this.#nodes.delete(directory, name);
    this.#listing(directory);
    this.#feed.record("removed", directory.id, name, nodeOfTrack(track), false);
  }

  #remove(track: TrackId, place: Place): void {
    const directory = this.#directories.byPath(place.directory)!;
    this.#touched.add(directory.id);
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
    this.#feed.record("added", parent.id, name, directory.id, true);
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
   * Ends an event. First, empty directories are removed. Then the others are spelled as most of their tracks spell
   * them. Then contested names are given. Last, directories whose entries changed move to the event's time.
   */
  #settle(): void {
    for (const directory of this.#emptied) {
      if (directory.entries > 0 || directory.parent === undefined) continue;
      if (!this.#directories.exists(directory)) continue;
      const { parent, name, id } = directory;
      this.#directories.remove(directory);
      this.#listing(parent);
      this.#feed.record("removed", parent.id, name, id, true);
      this.#vacated(parent, name);
      if (parent.entries === 0) this.#emptied.add(parent);
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
      this.#directories.raise(directory, this.#moment.at_s, this.#moment.at_ns);
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
    this.#feed.record("removed", parent.id, name, id, true);
    this.#feed.record("added", parent.id, spelling, id, true);
    this.#vacated(parent, name);
  }

  #decide(contest: Contest): void {
    const { directory, family } = contest;
    const relatives = this.#nodes.relatives(directory, family, this.#isForWindows);
    const { losers, winners } = decided(contest, relatives, this.#fold);
    for (const { track, name } of losers) this.#unname(directory, track, name);
    for (const { node, name } of winners) this.#name(directory, node, name);
  }

  /** Places every track anew, in the order of the primaries' numbers, in steps. */
  *#replace(data: TreeTemplate): Generator<void> {
    const template = parsed(data);
    if (template === undefined) return;
    const { names = "linux", fold_case = false } = data;
    const isSame = !isOther(data, templateIn(this.#db));
    this.#db.prepare("UPDATE tree_state SET template = ?, names = ?, fold_case = ?")
      .run(template.text, names, fold_case ? 1 : 0);
    if (isSame) return;
    this.#template = template;
    this.flush();
    this.#directories.folds = folds(names, fold_case);
    const { root } = this.#directories;
    if (root.entries === 0) return;
    const { mtime_s, mtime_ns, born } = root;
    const former = new FormerTimes();
    yield* former.read(this.#db, this.#directories.folds);
    this.#directories.forget();
    this.#db.exec("DELETE FROM nodes");
    this.#spellings.clear();
    addRoot(this.#db, mtime_s, mtime_ns, nodeSince(this.#moment.seq), born);
    this.#directories.raise(this.#directories.root, this.#moment.at_s, this.#moment.at_ns);
    for (const _ of inSteps(this.#store.primaries(), (it) => this.#addPrimary(it))) {
      this.#settle();
      this.flush();
      yield;
    }
    this.#settle();
    for (const _ of inSteps(former, ([path, time]) => this.#raiseFormer(path, time))) {
      this.flush();
      yield;
    }
    // Those who follow make rows from these.
    this.flush();
    this.#feed.recordEverything();
  }

  #addPrimary(primary: FileState): void {
    const { name, directory } = this.#place(primary);
    this.#add(nodeOf(primary.track, primary, name, false), directory);
  }

  /** Gives a directory that exists again at least its former time. */
  #raiseFormer(path: string, time: Time): void {
    const directory = this.#directories.byPath(path);
    if (directory === undefined) return;
    this.#directories.raise(directory, ...time);
    this.#directories.raise(directory, this.#moment.at_s, this.#moment.at_ns);
  }
}

function asItIs(name: string): string {
  return name;
}
