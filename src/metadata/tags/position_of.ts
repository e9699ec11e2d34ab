/** The position of a track or disc. */
export interface Position {
  readonly no: number | null;
  readonly of: number | null;
}

const NUMBER_MAX = 100_000;
const NUMBERS = /^\s*(?:no\.?|nr\.?|#)?\s*(\d+)?\s*(?:(?:\/|\\|-|\bof\b|:)\s*(\d+)?)?/i;
/** Sides of a record: `A1`, `B 2`, `C`. */
const SIDE = /^\s*([A-Z])\s*[-.]?\s*(\d{1,3})?\s*(?:\/\s*(\d+)?)?\s*$/i;

/** Parses `3`, `3/12`, `3 of 12`; both numbers are null when the text names none. */
export function positionOf(text: string): Position {
  const found = NUMBERS.exec(text);
  return { no: wholeNumber(found?.[1]), of: wholeNumber(found?.[2]) };
}

/** Parses `B2` of a vinyl record: the second track of the second side, which counts as a disc. */
export function sideOf(text: string): { disc: number; track: Position } | undefined {
  const found = SIDE.exec(text);
  if (found === null) return undefined;
  const disc = found[1]!.toUpperCase().charCodeAt(0) - 64;
  return { disc, track: { no: wholeNumber(found[2] ?? "1"), of: wholeNumber(found[3]) } };
}

/** The text as a number that a track or disc may have; null otherwise. */
export function wholeNumber(text: string | undefined): number | null {
  if (text === undefined || !/^\s*\d+\s*$/.test(text)) return null;
  const number = Number(text);
  return number <= NUMBER_MAX ? number : null;
}
