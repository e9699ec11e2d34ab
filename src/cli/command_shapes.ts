import type { Argument, Command, Option } from "commander";

/** What a value of an option or argument is, as far as a shell can complete it. */
export type ValueShape =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "files" | "directories" | "text" }
  /** The name of a collection, which the program is asked for. */
  | { readonly kind: "collection" }
  /** A query: a word of it may begin with one of these, such as `artist:`. Where `hasPaths`, a path may stand there. */
  | { readonly kind: "query"; readonly fields: readonly string[]; readonly hasPaths: boolean };

export interface OptionShape {
  /** For example `-h`, `--help`: the long name comes last. */
  readonly names: readonly string[];
  readonly description: string;
  /** Undefined when the option takes no value. */
  readonly value: ValueShape | undefined;
}

/** A command as completions see it. The first of a list is the program itself, with an empty path. */
export interface CommandShape {
  /** The names of the command and of those above it, without the program's own. */
  readonly path: readonly string[];
  readonly description: string;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  readonly options: readonly OptionShape[];
  /** The argument that comes next. */
  readonly argument: ValueShape | undefined;
}

/** Stands in a path for the first argument of a command, for those commands whose further arguments are others. */
export const ENTERED = "+";

/**
 * Every command of a program, parents first. `words` holds values that the grammar does not know, by the placeholder
 * that it uses for them: `<type>` is completed with `words.type`.
 */
export function commandShapes(
  program: Command,
  words: Readonly<Record<string, readonly string[]>>,
): CommandShape[] {
  const optionShape = (option: Option): OptionShape => ({
    names: [option.short, option.long].filter((name) => name !== undefined && name !== null),
    description: option.description,
    value: option.required ? shapeOf(placeholder(option.flags), option.argChoices) : undefined,
  });
  const global = program.options.map(optionShape);
  const shapes: CommandShape[] = [];
  visit(program, []);
  return shapes;

  function visit(command: Command, path: readonly string[]): void {
    const [argument, further]: readonly Argument[] = command.registeredArguments;
    const shape: CommandShape = {
      path,
      description: command.description(),
      commands: command.commands.map((child) => ({
        name: child.name(),
        description: child.description(),
      })),
      options: [...path.length === 0 ? [] : command.options.map(optionShape), ...global],
      argument: argument && shapeOf(argument.name(), argument.argChoices),
    };
    shapes.push(shape);
    if (further !== undefined) {
      const next = shapeOf(further.name(), further.argChoices);
      shapes.push({ ...shape, path: [...path, ENTERED], argument: next });
    }
    for (const child of command.commands) visit(child, [...path, child.name()]);
  }

  function shapeOf(name: string, choices: readonly string[] | undefined): ValueShape {
    const known = choices ?? words[name];
    if (known !== undefined) return { kind: "words", words: known };
    if (["query", "path|query"].includes(name)) {
      return { kind: "query", fields: words["field"] ?? [], hasPaths: name !== "query" };
    }
    if (name === "collection") return { kind: "collection" };
    if (["directory", "mountpoint", "path|url"].includes(name)) return { kind: "directories" };
    return { kind: ["file", "path"].includes(name) ? "files" : "text" };
  }
}

/** Whether the value is a path, which the shell completes by itself. */
export function isPath(
  value: ValueShape | undefined,
): value is ValueShape & { readonly kind: "files" | "directories" } {
  return value?.kind === "files" || value?.kind === "directories";
}

/** Whether a shell function, and not a list of words, says what the value can be. */
export function isFound(value: ValueShape | undefined): value is ValueShape {
  return isPath(value) || value?.kind === "query" || value?.kind === "collection";
}

/** "the command so far, then the next word", for every word that leads to a subcommand. */
export function commandSteps(shapes: readonly CommandShape[]): string[] {
  return shapes.filter(({ path }) => path.length > 0 && path.at(-1) !== ENTERED)
    .map(({ path }) => `${path.slice(0, -1).join(" ")} ${path.at(-1)}`);
}

/** The commands whose further arguments are others than the first. */
export function commandsWithFurther(shapes: readonly CommandShape[]): string[] {
  return shapes.filter(({ path }) => path.at(-1) === ENTERED)
    .map(({ path }) => path.slice(0, -1).join(" "));
}

/** An option that takes a value. */
export interface ValueOption extends OptionShape {
  readonly value: ValueShape;
  /** The commands at which the option takes this value; undefined when it does so everywhere. */
  readonly commands: readonly string[] | undefined;
}

/** The options that take a value, each once for every kind of value that it takes. */
export function valueOptions(shapes: readonly CommandShape[]): ValueOption[] {
  const found = new Map<string, OptionShape & { value: ValueShape; commands: string[] }>();
  for (const { path, options } of shapes) {
    for (const { names, description, value } of options) {
      if (value === undefined) continue;
      const key = JSON.stringify([names, value]);
      const known = found.get(key) ?? { names, description, value, commands: [] };
      known.commands.push(path.join(" "));
      found.set(key, known);
    }
  }
  const all = [...found.values()];
  return all.map((option) => {
    const others = all.filter((other) => other.names.at(-1) === option.names.at(-1));
    return { ...option, commands: others.length > 1 ? option.commands : undefined };
  });
}

/** Every name of the options, once. */
export function optionNames(options: readonly OptionShape[]): string[] {
  return [...new Set(options.flatMap(({ names }) => names))];
}

function placeholder(flags: string): string {
  return /<(.+)>/.exec(flags)?.[1] ?? "";
}
