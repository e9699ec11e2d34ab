/**
 * What every folder may use and what knows nobody: errors, limits, the clock, the logger, names as bytes.
 *
 * @module
 */
export * from "./assert.ts";
export * from "./clock.ts";
export * from "./errors.ts";
export * from "./limits.ts";
export * from "./logger.ts";
export * from "./path_bytes.ts";
