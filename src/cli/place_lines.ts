import { printable, type TextPlace } from "../base/mod.ts";
import { loadWidths, terminalColumns, width } from "./output.ts";

const INDENT = "  ";
const CUT = "…";

/**
 * A text in a line, and below it a caret at the place where something else was expected. Of a text that is wider than
 * the terminal, what is near the place is shown.
 */
export async function placeLines(
  { text, at }: TextPlace,
  columns: number = terminalColumns(Deno.stderr),
): Promise<string[]> {
  await loadWidths();
  const offset = [...text].slice(0, at).join("").length;
  const characters = [...new Intl.Segmenter().segment(text)];
  const isBefore = ({ index, segment }: Intl.SegmentData) => index + segment.length <= offset;
  const shown = (segments: readonly Intl.SegmentData[]) =>
    segments.map(({ segment }) => printable(segment));
  const before = shown(characters.filter(isBefore));
  const after = shown(characters.filter((character) => !isBefore(character)));
  // The caret may stand behind the last character.
  const room = columns - INDENT.length - 1;
  const whole = [...before, ...after].join("");
  if (width(whole) <= room) return lines(before.join(""), after.join(""));
  const end = fitting(after, Math.max(room - width(before.join("")), Math.ceil(room / 2)));
  const start = fitting(before.toReversed(), room - width(end.join("")));
  return lines(start.toReversed().join(""), end.join(""));
}

function lines(before: string, after: string): string[] {
  return [INDENT + before + after, `${INDENT}${" ".repeat(width(before))}^`];
}

/** As many of the parts, from the first on, as fit the columns; a mark stands for the others. */
function fitting(parts: readonly string[], columns: number): string[] {
  if (width(parts.join("")) <= columns) return [...parts];
  const kept: string[] = [];
  let taken = width(CUT);
  for (const part of parts) {
    taken += width(part);
    if (taken > columns) break;
    kept.push(part);
  }
  return [...kept, CUT];
}
