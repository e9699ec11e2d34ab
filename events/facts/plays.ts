import type { Fact } from "../log/event.ts";

/** Somebody listened to a track: one fact a play, however many reads it took. */
export type TrackPlayed = Fact<"TrackPlayed", 1, { readonly track: number }>;

export type PlayEvent = TrackPlayed;
