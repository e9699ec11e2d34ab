/**
 * What every folder may import, and what imports no other folder: errors, limits, the clock, the logger, names as
 * bytes, figures for people, how the program starts itself, and the small validator (`shape.text` and the like).
 *
 * @module
 */
export * from "./abortable_sleep.ts";
export * from "./assert.ts";
export * from "./audio_names.ts";
export * from "./clock.ts";
export * from "./closest.ts";
export * from "./colour.ts";
export * from "./detail_names.ts";
export { type DiskFault, diskFault } from "./disk_fault.ts";
export * from "./edit_distance.ts";
export * from "./errors.ts";
export * from "./exclusions.ts";
export * from "./facets.ts";
export * from "./fold_case.ts";
export * from "./ids.ts";
export * from "./limits.ts";
export * from "./listable_path.ts";
export * from "./log_sink.ts";
export * from "./logger.ts";
export * from "./path_bytes.ts";
export * from "./printable.ts";
export * from "./progress_line.ts";
export * from "./refusal.ts";
export * from "./report_failure.ts";
export * from "./self.ts";
export * from "./set_newest.ts";
export * as shape from "./shapes.ts";
export type { Fields, Flat, JsonSchema, Shape, ShapeOf, ValuesOf } from "./shapes.ts";
export * from "./shown_ownership.ts";
export * from "./slow_calls.ts";
export * from "./time_slices.ts";
export * from "./units.ts";
export * from "./version.ts";
