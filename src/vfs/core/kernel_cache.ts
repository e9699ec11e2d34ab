import type { NodeId } from "../../base/mod.ts";

/**
 * A name that the kernel may have cached, with its directory and its node; `node` is undefined when the name does not
 * exist.
 */
export interface KnownName {
  readonly parent: NodeId;
  readonly name: string;
  readonly node: NodeId | undefined;
}

/**
 * What the kernel remembers of our answers, and how to make it forget. Implemented by `src/fuse/session/notify.ts`.
 *
 * Calls are queued and carried out in order, off the serving thread. A promise resolves once the kernel has been told
 * (or is gone, or never knew the thing). Calling from within a request is safe. Awaiting the promise before the
 * request is answered is safe for OPEN alone: a notification may wait for other requests.
 */
export interface KernelCache {
  /** Whether the kernel may have something cached about the node. */
  knows(node: NodeId): boolean;
  /** The nodes about which the kernel may have something cached. */
  known(): Iterable<NodeId>;
  /** Whether a known node is a directory. */
  isDirectory(node: NodeId): boolean;
  /** The names that the kernel may have cached, for kernels that can't be told that every name may have changed. */
  names(): Iterable<KnownName>;
  /** A name appeared in a directory, disappeared, or means another node. */
  entryChanged(parent: NodeId, name: string): Promise<void>;
  /** A name and its file are gone for good; watchers of the file are told. */
  entryRemoved(parent: NodeId, name: string, node: NodeId): Promise<void>;
  /** Size and times changed; with `content` also the bytes, or the listing of a directory. */
  nodeChanged(node: NodeId, content: boolean): Promise<void>;
  /** Resolves once every answered look-up and listing of the directory has arrived in the kernel. */
  lookupsTaken(directory: NodeId): Promise<void>;
  /**
   * Has the kernel forget nodes that nobody uses, so that nothing need be kept for them here. A kernel before Linux 6.18
   * forgets them when it needs the memory.
   */
  giveUp(nodes: readonly NodeId[]): Promise<void>;
  /**
   * Every name may have changed. Resolves with false when the kernel can't be told that: then each of `names` has to
   * be named.
   */
  allEntriesChanged(): Promise<boolean>;
}
