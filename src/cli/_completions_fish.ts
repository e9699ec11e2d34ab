import {
  type CommandShape,
  commandSteps,
  commandsWithFurther,
  ENTERED,
  isPath,
  optionNames,
  type OptionShape,
  valueOptions,
  type ValueShape,
} from "./command_shapes.ts";

/** A script for fish: `musicfs completions fish | source`. */
export function fishScript(shapes: readonly CommandShape[]): string {
  const lines = shapes.flatMap((shape) => {
    const at = `complete -c musicfs -n ${quote(`__musicfs_at ${quote(shape.path.join(" "))}`)}`;
    return [
      ...shape.commands.map(({ name, description }) => `${at} -a ${name} -d ${quote(description)}`),
      ...shape.argument === undefined ? [] : argumentLine(at, shape.argument),
      ...shape.options.map((option) => `${at} ${optionFlags(option)}`),
    ];
  });
  return `# fish completion for musicfs: musicfs completions fish | source
function __musicfs_at
    set -l command ''
    set -l is_value 0
    for word in (commandline -opc)[2..]
        if test $is_value = 1
            set is_value 0
            continue
        end
        switch $word
            case ${optionNames(valueOptions(shapes)).join(" ")}
                set is_value 1
                continue
        end
        switch "$command $word"
            case ${commandSteps(shapes).map(quote).join(" ")}
                set command (string trim -- "$command $word")${furtherCases(shapes)}
        end
    end
    test "$command" = "$argv[1]"
end
complete -c musicfs -f
${lines.join("\n")}
`;
}

/** An option is no argument, and the first argument of some commands leads on. */
function furtherCases(shapes: readonly CommandShape[]): string {
  const cases = commandsWithFurther(shapes).map((command) => `
            case ${quote(`${command} *`)}
                set command ${quote(`${command} ${ENTERED}`)}`);
  return cases.length === 0 ? "" : `\n            case '* -*'${cases.join("")}`;
}

function argumentLine(at: string, value: ValueShape): string[] {
  const words = values(value);
  return words === "" ? [] : [`${at} ${words}`];
}

function optionFlags({ names, description, value }: OptionShape): string {
  const flags = names.map((name) =>
    name.startsWith("--") ? `-l ${name.slice(2)}` : `-s ${name.slice(1)}`
  );
  const hasPaths = isPath(value) || value?.kind === "query" && value.hasPaths;
  const wanted = value === undefined ? "" : ` ${hasPaths ? "-r" : "-x"} ${values(value)}`.trimEnd();
  return `${flags.join(" ")} -d ${quote(description)}${wanted}`;
}

function values(value: ValueShape): string {
  switch (value.kind) {
    case "words":
      return `-a ${quote(value.words.join(" "))}`;
    case "files":
      return "-F";
    case "directories":
      return `-a '(__fish_complete_directories)'`;
    case "query": {
      // After a colon fish adds no space.
      const fields = `-a ${quote(value.fields.join(" "))}`;
      return value.hasPaths ? `-F ${fields}` : fields;
    }
    case "collection":
      return "-a '(musicfs collection list 2>/dev/null)'";
    case "text":
      return "";
  }
}

function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
