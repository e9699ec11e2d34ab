import { bashScript } from "./_completions_bash.ts";
import { fishScript } from "./_completions_fish.ts";
import { zshScript } from "./_completions_zsh.ts";
import { commandShapes } from "./command_shapes.ts";
import type { Invocation } from "./context.ts";
import { buildProgram } from "./program.ts";
import type { Shell } from "./shells.ts";

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript };

/** `musicfs completions bash|zsh|fish` */
export async function completions({ context, args }: Invocation): Promise<void> {
  const shell = args[0] as Shell;
  const { MUSIC_VOCABULARY } = await import("../../events/mod.ts");
  const eventTypes = Object.keys(MUSIC_VOCABULARY.events);
  const script = SCRIPTS[shell](commandShapes(buildProgram(() => {}), { type: eventTypes }));
  context.output.print({ shell, script }, () => script);
}
