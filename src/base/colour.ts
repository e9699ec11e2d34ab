const CODES = { bold: 1, red: 31, green: 32, yellow: 33 } as const;

export type Colour = keyof typeof CODES;

/** Text in a colour where that is a terminal which wants any (no-color.org); as it stands everywhere else. */
export function coloured(
  stream: { isTerminal(): boolean },
  colour: Colour,
  text: string,
): string {
  const isWanted = stream.isTerminal() && !Deno.env.get("NO_COLOR") &&
    Deno.env.get("TERM") !== "dumb";
  return isWanted ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}
