/**
 * How the program starts itself again: as the hidden subcommand that mounts, and as the engine.
 *
 * A daemon outlives the file that it was started from: an upgrade puts another file in its place. What it starts is
 * still the program that it is itself. The kernel keeps that at hand as /proc/PID/exe; but a compiled binary reads its
 * own modules from the path of its file, so it gets a file again, a copy below the directory of `keepProgramIn`.
 *
 * @module
 */

export interface SelfOptions {
  /** Flags for V8 in the new process, such as `--max-semi-space-size=1`. */
  readonly v8Flags?: readonly string[];
}

/** What Linux puts behind the path of a running program whose file has been removed or replaced. */
const REPLACED = / \(deleted\)$/;

/** Makes the copy `$0` of the program of the parent process unless it is there, then becomes it. */
const FROM_COPY = 'test -x "$0" || { mkdir -p "${0%/*}" && cp "/proc/$PPID/exe" "$0.$$" && ' +
  'mv -f "$0.$$" "$0"; } && exec "$0" "$@"';

let copies: string | undefined;

/** Where a copy of the program may be put when its file was replaced; removed by {@link forgetPrograms}. */
export function keepProgramIn(directory: string): void {
  copies = `${directory}/program`;
}

/** Removes copies that an earlier daemon of the directory, or this one, has made. */
export function forgetPrograms(): void {
  if (copies === undefined) return;
  try {
    Deno.removeSync(copies, { recursive: true });
  } catch {
    // Not there, as a rule; what can't be removed is only space.
  }
}

/**
 * Program and arguments that run this very program with `args`. A compiled binary carries its own flags and
 * permissions; V8 flags are baked into it when it is compiled, so those asked for here are for sources only.
 */
export function selfCommand(
  args: readonly string[],
  options: SelfOptions = {},
): [program: string, argv: string[]] {
  const path = Deno.execPath();
  if (isCompiled()) {
    if (!REPLACED.test(path) || copies === undefined) return [path, [...args]];
    // The number of the file tells one version from another.
    const copy = `${copies}/musicfs-${Deno.statSync("/proc/self/exe").ino}`;
    return ["/bin/sh", ["-c", FROM_COPY, copy, ...args]];
  }
  const flags = options.v8Flags ?? [];
  const main = decodeURIComponent(new URL("../../main.ts", import.meta.url).pathname);
  // A new process is this program until it becomes another: "self" is right on either side of that.
  return [REPLACED.test(path) ? "/proc/self/exe" : path, [
    "run",
    "--quiet",
    "--allow-all",
    ...(flags.length > 0 ? [`--v8-flags=${flags.join(",")}`] : []),
    main,
    ...args,
  ]];
}

/** Not every base that binaries are made from says so of itself; but none of them is called deno. */
export function isCompiled(): boolean {
  const name = Deno.execPath().split("/").at(-1)!;
  return Deno.build.standalone || !name.startsWith("deno");
}
