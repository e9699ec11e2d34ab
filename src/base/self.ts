/**
 * How the program starts itself again: as the hidden subcommand that mounts, and as the engine.
 *
 * @module
 */

export interface SelfOptions {
  /** Flags for V8 in the new process, such as `--max-semi-space-size=1`. */
  readonly v8Flags?: readonly string[];
}

/**
 * Program and arguments that run this very program with `args`. A compiled binary carries its own flags and
 * permissions; V8 flags are baked into it when it is compiled, so those asked for here are for sources only.
 */
export function selfCommand(
  args: readonly string[],
  options: SelfOptions = {},
): [program: string, argv: string[]] {
  if (isCompiled()) return [Deno.execPath(), [...args]];
  const flags = options.v8Flags ?? [];
  const main = decodeURIComponent(new URL("../../main.ts", import.meta.url).pathname);
  return [Deno.execPath(), [
    "run",
    "--quiet",
    "--allow-all",
    ...(flags.length > 0 ? [`--v8-flags=${flags.join(",")}`] : []),
    main,
    ...args,
  ]];
}

/** Not every base that binaries are made from says so of itself; but none of them is called deno. */
function isCompiled(): boolean {
  const name = Deno.execPath().split("/").at(-1)!;
  return Deno.build.standalone || !name.startsWith("deno");
}
