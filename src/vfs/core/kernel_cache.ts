import type { NodeId } from "../../base/mod.ts";

/** A name as the kernel may have it: in which directory, and what it means; `node` is undefined when nothing has it. */
export interface KnownName {
  readonly parent: NodeId;
  readonly name: string;
  readonly node: NodeId | undefined;
}

/**
 * What the kernel remembers of our answers, and how to make it forget. Implemented by `src/fuse/notify.ts`.
 *
 * Calls are queued and carried out in order, off the serving thread; a promise resolves once the kernel has
 * been told (or has gone, or never knew the thing). Calling from within a request is safe, waiting for the
 * promise before the request is answered is safe for OPEN alone: a notification may wait for the others.
 */
export interface KernelCache {
  /** Whether the kernel may have something cached about the node. */
  knows(node: NodeId): boolean;
  /** Nodes that the kernel may have something cached about. */
  known(): Iterable<NodeId>;
  /** Whether one of those is a directory. */
  isDirectory(node: NodeId): boolean;
  /** Names that the kernel may keep, where it has no word for all of them. */
  names(): Iterable<KnownName>;
  /** A name appeared, or points elsewhere, or is gone from a directory. */
  entryChanged(parent: NodeId, name: string): Promise<void>;
  /** A name and the file behind it are gone for good; watchers of the file are told. */
  entryRemoved(parent: NodeId, name: string, node: NodeId): Promise<void>;
  /** Size, times; with `content` also the bytes, or the listing of a directory. */
  nodeChanged(node: NodeId, content: boolean): Promise<void>;
  /** Resolves once every look-up and listing of the directory that was answered has arrived in the kernel. */
  lookupsTaken(directory: NodeId): Promise<void>;
  /** Every name may have changed; false when this kernel has no word for that: then each of `names` is looked at. */
  allEntriesChanged(): Promise<boolean>;
}
