/**
 * The values of fields as a query writes them, and the numbers they stand for.
 *
 * A value is seldom one number: `2026-11` is a month, and `3:20` is what a player shows for a whole second. So each
 * value stands for a {@link Span} of numbers in the units of its field's kind.
 *
 * @module
 */
import { parseSize } from "../base/mod.ts";
import type { Field } from "./fields.ts";

/** One end of a span. */
export interface Bound {
  readonly value: number;
  readonly included: boolean;
}

/** The numbers between two bounds; null where there is no bound. */
export interface Span {
  readonly from: Bound | null;
  readonly to: Bound | null;
}

/** What a written value stands for: a span, an age (a moment before which time passed), or that there is no moment. */
export type FieldValue = Span | { readonly age: number } | "never";

const AGE_UNITS = /^(\d{1,5}(?:\.\d{1,3})?)(min|h|d|w|mo|y)$/;
const AGE_MS: Readonly<Record<string, number>> = {
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 7 * 86_400_000,
};
const CLOCK = /^(?:(\d{1,4}):)?(\d{1,4}):(\d{2})$/;
const PARTS = /^(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?:in)?)?(?:(\d+(?:\.\d+)?)s)?$/;
const MOMENT = /^(\d{4})(?:-(\d{2})(?:-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2}))?)?)?)?$/;
const DATE = /^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$/;
const NUMBER = /^([+-]?\d{1,15}(?:\.\d{1,15})?)\s*([a-z%]*)$/;
/** A bit rate below this that names no unit is one of kbit/s, since no music has so few bits. */
const LEAST_BITRATE = 10_000;

/**
 * The number or span that a value of a field stands for; undefined when the field has no such values. `now`, in ms since
 * 1970, is what ages and `yesterday` are reckoned from; dates are of the local time zone.
 */
export function fieldValue(field: Field, text: string, now: number): FieldValue | undefined {
  const value = text.trim().toLowerCase();
  switch (field.kind) {
    case "number":
      return numberValue(field, value);
    case "duration":
      return durationValue(value);
    case "size": {
      const bytes = parseSize(value);
      return bytes === undefined ? undefined : exactly(bytes);
    }
    case "bitrate":
      return bitrateValue(value);
    case "moment":
      return value === "never" ? "never" : ageValue(value, now) ?? momentValue(value, now);
    case "date":
      return dateValue(value);
    // Own tags are texts; those that are compared are compared as numbers.
    case "text":
      return numberValue(field, value);
    case "flag":
      return undefined;
  }
}

/** The flag that a value stands for; undefined when it is none. */
export function flagValue(text: string): boolean | undefined {
  const value = text.trim().toLowerCase();
  if (["yes", "true", "1"].includes(value)) return true;
  if (["no", "false", "0"].includes(value)) return false;
  return undefined;
}

function exactly(value: number): Span {
  return { from: { value, included: true }, to: { value, included: true } };
}

/** From the first number on, up to the second, which is not included. */
function between(from: number, to: number): Span {
  return { from: { value: from, included: true }, to: { value: to, included: false } };
}

function numberValue({ name, units }: Field, text: string): Span | undefined {
  const match = NUMBER.exec(text);
  const unit = match?.[2] ?? "";
  const factor = unit === "" ? 1 : Object.hasOwn(units, unit) ? units[unit] : undefined;
  if (match === null || factor === undefined) return undefined;
  const value = Number(match[1]) * factor;
  if (name !== "decade") return exactly(value);
  return Number.isInteger(value) && value >= 0 ? exactly(decadeOf(value)) : undefined;
}

/** The first year of a decade: of 1960, 1965 and 60 it is 1960, of 10 it is 2010. */
function decadeOf(year: number): number {
  const full = year >= 100 ? year : year < 30 ? 2_000 + year : 1_900 + year;
  return full - full % 10;
}

function durationValue(text: string): Span | undefined {
  const clock = CLOCK.exec(text);
  if (clock !== null) {
    const [hours, minutes, seconds] = [clock[1] ?? 0, clock[2], clock[3]].map(Number) as [
      ...[number, number, number],
    ];
    if (seconds > 59 || clock[1] !== undefined && minutes > 59) return undefined;
    return second(hours * 3_600 + minutes * 60 + seconds);
  }
  const ms = /^(\d{1,12})ms$/.exec(text);
  if (ms !== null) return exactly(Number(ms[1]));
  if (/^\d{1,9}(\.\d+)?$/.test(text)) return second(Number(text));
  const parts = text === "" ? null : PARTS.exec(text);
  if (parts === null || text.length > 20) return undefined;
  const [hours, minutes, seconds] = parts.slice(1).map((part) => Number(part ?? 0)) as [
    ...[number, number, number],
  ];
  return second(hours * 3_600 + minutes * 60 + seconds);
}

/** A second as players show it: up to the next one. */
function second(seconds: number): Span {
  const ms = Math.round(seconds * 1_000);
  return Number.isInteger(seconds) ? between(ms, ms + 1_000) : exactly(ms);
}

function bitrateValue(text: string): Span | undefined {
  const match = /^(\d{1,12}(?:\.\d{1,6})?)\s*(k|kbps|kbit\/s|bps|bit\/s|)$/.exec(text);
  if (match === null) return undefined;
  const written = Number(match[1]);
  const unit = match[2]!;
  const isThousands = unit.startsWith("k") || unit === "" && written < LEAST_BITRATE;
  if (!isThousands) return exactly(written);
  // Programs show it rounded.
  return between(written * 1_000 - 500, written * 1_000 + 500);
}

/** A month is one of the calendar, so that `1y` is to the day. */
function ageValue(text: string, now: number): { age: number } | undefined {
  const match = AGE_UNITS.exec(text);
  if (match === null) return undefined;
  const [, digits, unit] = match as unknown as [string, string, string];
  const count = Number(digits);
  const factor = AGE_MS[unit];
  if (factor !== undefined) return { age: now - count * factor };
  if (!Number.isInteger(count)) return undefined;
  const date = new Date(now);
  date.setMonth(date.getMonth() - count * (unit === "y" ? 12 : 1));
  return { age: date.getTime() };
}

function momentValue(text: string, now: number): Span | undefined {
  if (text === "today" || text === "yesterday") {
    const date = new Date(now);
    const day = date.getDate() - (text === "today" ? 0 : 1);
    const at = (days: number) =>
      new Date(date.getFullYear(), date.getMonth(), day + days).getTime();
    return between(at(0), at(1));
  }
  const match = MOMENT.exec(text.toUpperCase());
  if (match === null) return undefined;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part) =>
    part === undefined ? undefined : Number(part)
  );
  if (!isDate(year!, month, day) || hour! > 23 || minute! > 59 || second! > 59) return undefined;
  const at = (parts: readonly number[]) => {
    const [y = 0, m = 1, d = 1, h = 0, min = 0, s = 0] = parts;
    const date = new Date(2000, 0, 1);
    // The constructor would take the years before 100 for others.
    date.setFullYear(y, m - 1, d);
    date.setHours(h, min, s, 0);
    return date.getTime();
  };
  const parts = [year, month, day, hour, minute, second].filter((part) => part !== undefined);
  // A time to the minute names the hour too, so the last part that is there says how long it is.
  const next = parts.with(-1, parts.at(-1)! + 1);
  return between(at(parts), at(next));
}

function dateValue(text: string): Span | undefined {
  const match = DATE.exec(text);
  if (match === null) return undefined;
  const [year, month, day] = match.slice(1).map((part) =>
    part === undefined ? undefined : Number(part)
  );
  if (!isDate(year!, month, day)) return undefined;
  const number = year! * 10_000 + (month ?? 0) * 100 + (day ?? 0);
  if (day !== undefined) return exactly(number);
  return between(number, number + (month === undefined ? 10_000 : 100));
}

function isDate(year: number, month: number | undefined, day: number | undefined): boolean {
  if (month === undefined) return true;
  if (month < 1 || month > 12) return false;
  return day === undefined ||
    day >= 1 && day <= new Date(Date.UTC(2000 + year % 400, month, 0)).getUTCDate();
}
