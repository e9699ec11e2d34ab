/**
 * Where music lies. An {@link Origin} lists, stats and reads; it never writes. What it says about absence
 * decides whether tracks leave the tree, so its errors are exact: `OriginNotFound` is a positive answer
 * ("I was asked, and it is not there"), `OriginUnreachable` is no answer at all, and only a listing that ends
 * without an error is complete. A directory that refuses to be read is part of a complete listing, as an
 * `unlisted` entry: what was known below it stays known.
 *
 * Every origin lists in one order (`compareWalkOrder`), so a position in a listing means the same to a scan
 * that goes on after a crash. Not guaranteed: that the listing is a snapshot. Files come and go while it runs;
 * the next scan, or the watch, sees them.
 *
 * @module
 */
export * from "./origin.ts";
export * from "./local_origin.ts";
export * from "./memory_origin.ts";
export * from "./walk_order.ts";
