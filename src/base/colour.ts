const CODES = { bold: 1, red: 31, green: 32, yellow: 33 } as const;

export type Colour = keyof typeof CODES;

/** The text in a colour when the stream is a terminal that wants colours (no-color.org); unchanged otherwise. */
export function coloured(
  stream: { isTerminal(): boolean },
  colour: Colour,
  text: string,
): string {
  const isWanted = stream.isTerminal() && !Deno.env.get("NO_COLOR") &&
    Deno.env.get("TERM") !== "dumb";
  return isWanted ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text;
}
