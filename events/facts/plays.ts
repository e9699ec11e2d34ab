import type { TrackId } from "../../src/base/mod.ts";
import type { Fact } from "../log/event.ts";

/**
 * A track was played. There is one event for each play, as `TrackPlays` of src/vfs counts it. Older mounts counted a
 * play after a quarter of the bytes, and only for remote tracks.
 */
export type TrackPlayed = Fact<"TrackPlayed", 1, { readonly track: TrackId }>;

export type PlayEvent = TrackPlayed;
