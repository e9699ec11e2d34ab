import assert from "node:assert/strict";
import type { FileLocation } from "../../../projections/tree/tree_types.ts";
import { type Handle, HandleTable } from "../core/handle_table.ts";
import { TrackPlays } from "./track_plays.ts";

const SECONDS = 1_000;
const MINUTES = 60 * SECONDS;
/** Of sound, behind tags of a tenth of that. */
const SOUND_BYTES = 10_000_000;

/** Somebody who opens tracks, reads them and closes them, on a clock that goes on when it is told to. */
class Listener {
  now = 5 * MINUTES;
  readonly played: number[] = [];
  readonly lengths = new Map<number, number | null>();
  readonly bytesBefore = new Map<number, number>();
  readonly handles = new HandleTable();
  readonly plays = new TrackPlays({
    handles: this.handles,
    duration: (file) => this.lengths.get(file),
    bytesBefore: (node) => this.bytesBefore.get(node) ?? 0,
    played: (track) => this.played.push(track),
    now: () => this.now,
  });

  /** `file` is another copy than the one that founded the track, if need be. */
  open(track: number, file: number = track): Handle {
    const audio_start = SOUND_BYTES / 10;
    const location = { node: track, track, file, size: SOUND_BYTES + audio_start, audio_start };
    const open = this.handles.add(location as FileLocation);
    this.now += 1;
    this.plays.look();
    return open;
  }

  close(open: Handle): void {
    this.plays.released(open);
    this.handles.remove(open.handle);
  }

  /** Holds the track open so long, having read a share of it; whether that was a play. */
  hold(track: number, heldMs: number, share: number): boolean {
    const before = this.played.length;
    const open = this.open(track);
    open.bytesRead = share * SOUND_BYTES;
    this.now += heldMs;
    this.close(open);
    return this.played.length > before;
  }
}

Deno.test("a play is a track of more than 30 s, held open for half of it or four minutes", () => {
  const listener = new Listener();
  for (const ms of [20, 30, 31, 200, 479, 481, 3_600]) listener.lengths.set(ms, ms * SECONDS);
  const threshold = (track: number) => {
    for (let held = SECONDS / 2; held < 300 * SECONDS; held += SECONDS / 2) {
      if (listener.hold(track, held, 1)) return held / SECONDS;
    }
    return undefined;
  };
  assert.deepEqual(
    [20, 30, 31, 200, 479, 481, 3_600].map(threshold),
    [undefined, undefined, 15.5, 100, 239.5, 240, 240],
  );
});

Deno.test("a scanner's opens are no play: head and tail, or all of it at full speed", () => {
  const listener = new Listener();
  listener.lengths.set(1, 3 * MINUTES);
  for (let i = 0; i < 100; i++) {
    assert.ok(!listener.hold(1, 20, 0.05));
    assert.ok(!listener.hold(1, 2 * SECONDS, 1));
    assert.ok(!listener.hold(1, 14 * SECONDS, 1));
  }
});

Deno.test("what is held open and hardly read is no play, unless it was read before or can't be seen", () => {
  const listener = new Listener();
  listener.lengths.set(1, 3 * MINUTES);
  assert.ok(!listener.hold(1, 10 * MINUTES, 0));
  assert.ok(!listener.hold(1, 10 * MINUTES, 0.05));
  assert.ok(listener.hold(1, 10 * MINUTES, 0.3), "the first half may be small");
  listener.bytesBefore.set(1, SOUND_BYTES);
  assert.ok(listener.hold(1, 2 * MINUTES, 0), "the kernel has it");
  listener.bytesBefore.clear();
  const open = listener.open(1);
  open.isPassedThrough = true;
  listener.now += 2 * MINUTES;
  listener.close(open);
  assert.equal(listener.played.length, 3);
});

Deno.test("of an hour four minutes are read, and of a file that does not say how long it is, something", () => {
  const listener = new Listener();
  listener.lengths.set(1, 60 * MINUTES);
  listener.lengths.set(2, null);
  assert.ok(!listener.hold(1, 5 * MINUTES, 0.01));
  assert.ok(listener.hold(1, 5 * MINUTES, 0.05));
  assert.ok(!listener.hold(2, 3.9 * MINUTES, 1));
  assert.ok(!listener.hold(2, 4 * MINUTES, 0));
  assert.ok(listener.hold(2, 4 * MINUTES, 0.01));
  assert.ok(!listener.hold(3, 10 * MINUTES, 1), "it is no track");
});

Deno.test("a play is told while the file is still open, and once, however long it stays so", () => {
  const listener = new Listener();
  listener.lengths.set(1, 2 * MINUTES);
  listener.lengths.set(2, 2 * MINUTES);
  const first = listener.open(1);
  first.bytesRead = SOUND_BYTES;
  listener.now += 50 * SECONDS;
  const second = listener.open(2);
  second.bytesRead = SOUND_BYTES;
  listener.plays.look();
  assert.deepEqual(listener.played, []);
  listener.now += 10 * SECONDS;
  listener.plays.look();
  assert.deepEqual(listener.played, [1]);
  listener.now += 50 * SECONDS;
  listener.plays.look();
  listener.now += 60 * MINUTES;
  listener.plays.look();
  listener.close(first);
  listener.close(second);
  assert.deepEqual(listener.played, [1, 2]);
});

Deno.test("opens of one track that overlap are one play, and what is played again is another", () => {
  const listener = new Listener();
  listener.lengths.set(1, 2 * MINUTES);
  listener.lengths.set(9, 2 * MINUTES);
  const both = [listener.open(1), listener.open(1, 9)];
  both[0]!.bytesRead = SOUND_BYTES;
  listener.now += 70 * SECONDS;
  listener.plays.look();
  listener.now += 50 * SECONDS;
  for (const open of both) listener.close(open);
  assert.deepEqual(listener.played, [1], "a player may read through one and hold the other");
  assert.ok(listener.hold(1, 2 * MINUTES, 1));
  assert.ok(listener.hold(1, 2 * MINUTES, 1), "over and over");
  assert.deepEqual(listener.played, [1, 1, 1]);
});
