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

/** The completion script for bash. It needs nothing else, not even the package bash-completion. */
export function bashScript(shapes: readonly CommandShape[]): string {
  const options = valueOptions(shapes);
  return `# bash completion for musicfs: source <(musicfs completions bash)
_musicfs() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD - 1]}
  local command='' words='' options='' i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${COMP_WORDS[i]}" in
      ${optionNames(options).join(" | ")}) ((i++)); continue ;;
    esac
    case "$command \${COMP_WORDS[i]}" in
      ${commandSteps(shapes).map(quote).join(" | ")})
        command="\${command:+$command }\${COMP_WORDS[i]}" ;;${argumentCases(shapes, "")}
    esac
  done
  case "$command $prev" in
${options.map(optionCase).join("\n")}
  esac
  case "$command" in
${shapes.map(commandCase).join("\n")}
  esac
  [[ $cur == -* ]] && words=$options
  COMPREPLY+=($(compgen -W "$words" -- "$cur"))
}
_musicfs_paths() {
  local line
  while IFS= read -r line; do
    compopt -o filenames 2>/dev/null
    COMPREPLY+=("$line")
  done < <(compgen "$1" -- "$2")
}
# Behind a colon, at which bash begins a new word, stands the value of a field.
_musicfs_fields() {
  [[ $3 == : || $2 == *:* || $2 == -* ]] && return
  local field
  for field in $(compgen -W "$1" -- "$2"); do
    compopt -o nospace 2>/dev/null
    COMPREPLY+=("$field")
  done
}
_musicfs_collections() {
  local line typed=\${1#[\\"\\']}
  typed=\${typed//\\\\/}
  while IFS= read -r line; do
    [[ $line == "$typed"* ]] || continue
    if [[ $1 == [\\"\\']* ]]; then COMPREPLY+=("$line"); else COMPREPLY+=("$(printf %q "$line")"); fi
  done < <(musicfs collection list 2>/dev/null)
}
complete -F _musicfs musicfs
`;
}

function optionCase(option: ValueOption): string {
  return `    ${optionPattern(option)}) ${reply(option.value)}return ;;`;
}

function commandCase({ path, commands, options, argument }: CommandShape): string {
  const words = argument?.kind === "words" ? argument.words : commands.map(({ name }) => name);
  return `    ${quote(path.join(" "))})
      options=${quote(options.flatMap(({ names }) => names).join(" "))}
      words=${quote(words.join(" "))}
      ${isFound(argument) ? `[[ $cur == -* ]] || { ${reply(argument)}}` : ""} ;;`;
}

function reply(value: ValueShape): string {
  switch (value.kind) {
    case "words":
      return `COMPREPLY=($(compgen -W ${quote(value.words.join(" "))} -- "$cur")); `;
    case "files":
      return '_musicfs_paths -f "$cur"; ';
    case "directories":
      return '_musicfs_paths -d "$cur"; ';
    case "query":
      return `${value.hasPaths ? '_musicfs_paths -f "$cur"; ' : ""}_musicfs_fields ${
        quote(value.fields.join(" "))
      } "$cur" "$prev"; `;
    case "collection":
      return '_musicfs_collections "$cur"; ';
    case "text":
      return "";
  }
}
