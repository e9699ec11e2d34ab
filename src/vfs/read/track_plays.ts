import { type FileId, type NodeId, setNewest, type TrackId } from "../../base/mod.ts";
import type { Handle, HandleTable } from "../core/handle_table.ts";

/** What scrobblers call a play: a track of more than 30 s, held open for half its length or four minutes. */
const LENGTH_MS_MIN = 30_000;
const SHARE = 1 / 2;
const HELD_MS_MAX = 4 * 60_000;
/** Nothing that is open for a shorter time is a play, however short the track. */
const HELD_MS_MIN = LENGTH_MS_MIN * SHARE;
/** Half of a track's length may be much less than half of its bytes: this share of the expected bytes is enough. */
const BYTES_SHARE = 1 / 2;
/** How often open files are looked at, which is the precision of the times. An open itself reads no clock. */
const LOOK_MS = 1_000;
/** How many counted plays are remembered, to recognise a second open of the same play. */
const TRACKS_MAX = 1024;

export interface TrackPlaysOptions {
  readonly handles: HandleTable;
  /** The length of the file's sound in ms: null when the file does not tell it, undefined for a file that is no track. */
  readonly duration: (file: FileId) => number | null | undefined;
  /** The bytes of the node that were read through closed handles, and may be in the kernel's pages. */
  readonly bytesBefore: (node: NodeId) => number;
  readonly played: (track: TrackId) => void;
  /** In ms, from any starting point. */
  readonly now: () => number;
}

/**
 * Finds out which tracks were played: tracks of more than 30 s whose file was held open, through one open, for half
 * of the track's length or for four minutes, and read meanwhile. Each play is reported once, a second or two after it
 * became one.
 *
 * It is known how long a file was open and, unless the kernel reads the origin's file by itself, which bytes of it
 * were read. So:
 *
 * - At least half of the bytes that belong to the time must have been read. Bytes that an earlier open read count:
 * the kernel has them in its pages, and later reads of them are not seen. Of a file that the kernel reads by itself,
 * only the open is known.
 * - Players read ahead, some of them the whole file at once: nobody can see when they are paused.
 * - A scanner closes a file within seconds, having read all of it or its head and tail. A scanner that takes as long
 * over a file as its music lasts, and reads it, can't be told from a player.
 * - Two opens of a track that overlap are one play, whether of one player or of two. A player that opens the file
 * anew for every few seconds of sound, as some streaming servers do, is not seen.
 * - For a file that does not tell its length, four minutes are a play.
 */
export class TrackPlays {
  readonly #options: TrackPlaysOptions;
  /** When a play of each track was last counted, the newest last. */
  readonly #countedAt = new Map<number, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: TrackPlaysOptions) {
    this.#options = options;
  }

  /** To be called when a file was opened: open files are looked at from now on. */
  opened(): void {
    this.#timer ??= this.#lookLater();
  }

  released(open: Handle): void {
    if (open.openAt !== undefined && !open.isPlayCounted) this.#judge(open, this.#options.now());
  }

  /** Records since when files are open, and counts those that have become plays. */
  look(): void {
    const { handles, now } = this.#options;
    const at = now();
    for (const open of handles.all()) {
      if (open.isSegment) continue;
      if (open.openAt === undefined) open.openAt = at;
      else if (!open.isPlayCounted) this.#judge(open, at);
    }
  }

  #judge(open: Handle, at: number): void {
    const heldMs = at - open.openAt!;
    if (heldMs < HELD_MS_MIN) return;
    const { location: { file, track } } = open;
    if (track === null) return;
    const length = this.#options.duration(file);
    if (length === undefined || (length !== null && length <= LENGTH_MS_MIN)) return;
    const neededMs = length === null ? HELD_MS_MAX : Math.min(length * SHARE, HELD_MS_MAX);
    if (heldMs < neededMs || !this.#wasRead(open, neededMs / (length ?? Infinity))) return;
    open.isPlayCounted = true;
    if (open.openAt! <= (this.#countedAt.get(track) ?? -Infinity)) return;
    setNewest(this.#countedAt, track, at, TRACKS_MAX);
    this.#options.played(track);
  }

  /** Whether the known reads fit a player that has got through `share` of the track. */
  #wasRead({ node, location: { size, audio_start } }: Handle, share: number): boolean {
    const { handles, bytesBefore } = this.#options;
    let bytes = bytesBefore(node);
    for (const open of handles.ofNode(node)) {
      if (open.isSegment) continue;
      if (open.isPassedThrough) return true;
      bytes += open.bytesRead + (open.cached?.bytesRead ?? 0);
    }
    const sound = size - (audio_start ?? 0);
    return bytes > 0 && bytes >= sound * share * BYTES_SHARE;
  }

  #lookLater(): ReturnType<typeof setTimeout> {
    const timer = setTimeout(() => {
      this.look();
      this.#timer = this.#options.handles.size > 0 ? this.#lookLater() : undefined;
    }, LOOK_MS);
    Deno.unrefTimer(timer);
    return timer;
  }
}
