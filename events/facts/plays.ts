import type { TrackId } from "../../src/base/mod.ts";
import type { Fact } from "../log/event.ts";

/**
 * A track was played: one fact a play, as `TrackPlays` of src/vfs counts it. Mounts before it counted a quarter of the
 * bytes, of remote tracks alone.
 */
export type TrackPlayed = Fact<"TrackPlayed", 1, { readonly track: TrackId }>;

export type PlayEvent = TrackPlayed;
