import { FIELDS } from "../query/mod.ts";
import { bashScript } from "./_completions_bash.ts";
import { fishScript } from "./_completions_fish.ts";
import { zshScript } from "./_completions_zsh.ts";
import { commandShapes } from "./command_shapes.ts";
import type { Invocation } from "./context.ts";
import { FACETS } from "./facets.ts";
import { buildProgram } from "./program.ts";
import type { Shell } from "./shells.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** `musicfs completions bash|zsh|fish` */
export async function completions({ context, args }: Invocation): Promise<void> {
  const shell = args[0] as Shell;
  const script = await completionScript(shell);
  context.output.print({ shell, script }, () => script);
}

/** The script for a shell. It is made from the grammar itself, so that the two can't differ. */
export async function completionScript(shell: Shell): Promise<string> {
  const { CACHE_VOCABULARY, LIBRARY_VOCABULARY } = await import("../../events/mod.ts");
  const { CONTROL_METHODS } = await import("../control/methods/mod.ts");
  const words = {
    type: [
      ...new Set(
        [LIBRARY_VOCABULARY, CACHE_VOCABULARY].flatMap(({ events }) => Object.keys(events)),
      ),
    ],
    method: CONTROL_METHODS.map(({ name }) => name),
    facet: FACETS,
    field: [...FIELDS.map(({ name }) => `${name}:`), "sort:", "limit:"],
  };
  return SCRIPTS[shell](commandShapes(buildProgram(() => {}), words));
}
