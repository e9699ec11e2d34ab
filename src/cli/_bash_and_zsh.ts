/**
 * What the completion scripts for bash and zsh have in common: their quotes and their patterns.
 *
 * @module
 */
import {
  type CommandShape,
  commandsWithFurther,
  ENTERED,
  type ValueOption,
} from "./command_shapes.ts";

/** The cases that follow those of subcommands: an option is no argument, and the first argument of some commands leads on. */
export function argumentCases(shapes: readonly CommandShape[], open: string): string {
  const cases = commandsWithFurther(shapes).map((command) =>
    `\n      ${open}${quote(`${command} `)}*) command=${quote(`${command} ${ENTERED}`)} ;;`
  );
  return cases.length === 0 ? "" : `\n      ${open}*' -'*) ;;${cases.join("")}`;
}

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
