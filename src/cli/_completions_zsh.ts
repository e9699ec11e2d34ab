import { argumentCases, optionPattern, quote } from "./_bash_and_zsh.ts";
import {
  type CommandShape,
  commandSteps,
  isFound,
  optionNames,
  type ValueOption,
  valueOptions,
  type ValueShape,
} from "./command_shapes.ts";

/** The completion script for zsh. It works when it is sourced, and as the file `_musicfs` in a directory of `fpath`. */
export function zshScript(shapes: readonly CommandShape[]): string {
  const options = valueOptions(shapes);
  return `#compdef musicfs
# zsh completion for musicfs: source <(musicfs completions zsh)
_musicfs() {
  local command='' i
  local -a values options
  for ((i = 2; i < CURRENT; i++)); do
    case "\${words[i]}" in
      (${optionNames(options).join(" | ")}) ((i++)); continue ;;
    esac
    case "$command \${words[i]}" in
      (${commandSteps(shapes).map(quote).join(" | ")})
        command="\${command:+$command }\${words[i]}" ;;${argumentCases(shapes, "(")}
    esac
  done
  case "$command \${words[CURRENT - 1]}" in
${options.map(optionCase).join("\n")}
  esac
  case "$command" in
${shapes.map(commandCase).join("\n")}
  esac
  if [[ "\${words[CURRENT]}" == -* ]]; then
    _describe -t options option options
  elif (( \${#values} )); then
    _describe -t values value values
  fi
}
_musicfs_fields() {
  [[ "\${words[CURRENT]}" == *:* ]] && return
  local -a fields=("\${@//:/\\:}")
  _describe -t fields field fields -S ''
}
_musicfs_collections() {
  local -a collections=(\${(f)"$(musicfs collection list 2>/dev/null)"})
  collections=("\${collections[@]//:/\\:}")
  _describe -t collections collection collections
}
if [[ "\${funcstack[1]}" == _musicfs ]]; then
  _musicfs "$@"
else
  compdef _musicfs musicfs
fi
`;
}

function optionCase(option: ValueOption): string {
  return `    (${optionPattern(option)}) ${complete(option.value)}; return ;;`;
}

function commandCase({ path, commands, options, argument }: CommandShape): string {
  const values = argument?.kind === "words"
    ? argument.words.map(quote)
    : commands.map(({ name, description }) => describe(name, description));
  const described = options.map(({ names, description }) => describe(names.at(-1)!, description));
  return `    (${quote(path.join(" "))})
      options=(${described.join(" ")})
      values=(${values.join(" ")})
      ${
    isFound(argument) ? `[[ "\${words[CURRENT]}" == -* ]] || { ${complete(argument)}; } ` : ""
  };;`;
}

function complete(value: ValueShape): string {
  switch (value.kind) {
    case "words":
      return `values=(${value.words.map(quote).join(" ")}); _describe -t values value values`;
    case "files":
      return "_files";
    case "directories":
      return "_files -/";
    case "query": {
      const fields = `_musicfs_fields ${value.fields.map(quote).join(" ")}`;
      return value.hasPaths ? `_files; ${fields}` : fields;
    }
    case "collection":
      return "_musicfs_collections";
    case "text":
      return "_message value";
  }
}

/** `name:description`; a colon of the name is escaped, or the name would end there. */
function describe(name: string, description: string): string {
  return quote(`${name.replaceAll(":", "\\:")}:${description}`);
}
