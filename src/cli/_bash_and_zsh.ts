/**
 * What the completion scripts for bash and zsh have in common: their quotes and their patterns.
 *
 * @module
 */
import type { ValueOption } from "./command_shapes.ts";

/** A word that both shells take literally. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A pattern that matches the text `command option` for this option. */
export function optionPattern({ names, commands }: ValueOption): string {
  const patterns = names.flatMap((name) =>
    commands === undefined
      ? [`*${quote(` ${name}`)}`]
      : commands.map((command) => quote(`${command} ${name}`))
  );
  return patterns.join(" | ");
}
