import { FIELDS } from "../query/mod.ts";

/** Columns of the text. */
const WIDTH = 78;
const FIELD_WIDTH = 38;

/** Some of the fields that have no line of their own. */
const OTHERS = ["performer", "conductor", "work", "isrc", "language", "musicbrainz_albumid"];

/** The text of `musicfs help query`. The names of the fields come from the table by which queries are read. */
export function queryHelp(): string {
  const explained = FIELDS.filter(({ help }) => help !== "");
  const more = FIELDS.length - explained.length - OTHERS.length;
  return `A query says which tracks are meant:

  metallica "master of puppets"       all words and phrases, in any field
  metal*   metalica~1                 a beginning; a word with 1 mistake (or ~2)
  artist:abba   album:"super trouper" in one field
  label:="Blue Note"                  the whole value
  year:1960..1969   year:[1960 TO *]  a range with its ends; * for an open end
  bitrate:>320k   duration:<=3m       a comparison by < <= = >= >
  added:<30d   added:2026-11          an age (min h d w mo y); a date, or today
  played:never   compilation:yes      without any date; yes or no
  missing:genre                       without such a tag
  jazz OR blues -live (a OR b) NOT c  AND is implied, and binds closer than OR
  sort:-added,artist limit:50         order (- for the last first) and number
  \\-   \\:   \\"   \\AND                 a backslash: what follows is plain text

Fields:
${twoColumns(explained.map(({ name, help }) => `${name.padEnd(12)}${help}`))}
${
    wrapped(
      `Any other tag is a field too: ${OTHERS.join(", ")} and ${more} more, and those of your ` +
        "own by their names, as in ripped_by:me.",
    )
  }

Examples:
  musicfs search 'genre:jazz year:1960..1969 -played:<1y'
  musicfs list albums 'artist:"miles davis" format:flac'
  musicfs cache pin 'added:<30d OR rating:>=80%'
`;
}

function twoColumns(cells: readonly string[]): string {
  const rows = Math.ceil(cells.length / 2);
  const lines = cells.slice(0, rows).map((cell, i) =>
    `  ${cell.padEnd(FIELD_WIDTH)} ${cells[rows + i] ?? ""}`.trimEnd()
  );
  return lines.join("\n");
}

function wrapped(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = "";
    }
    line += line === "" ? word : ` ${word}`;
  }
  return [...lines, line].join("\n");
}
