/**
 * How the program starts itself again: as the hidden subcommand that mounts, and as the engine.
 *
 * A daemon outlives the file that it was started from, because an upgrade puts another file in its place. The
 * processes that it starts must still be the program that it is itself. The kernel keeps that program as
 * /proc/PID/exe. A compiled binary needs a file, however, since it reads its modules from the path of its file: it
 * gets a copy below the directory given to `keepProgramIn`.
 *
 * @module
 */

export interface SelfOptions {
  /** Flags for V8 in the new process, such as `--max-semi-space-size=1`. */
  readonly v8Flags?: readonly string[];
}

/** What Linux appends to the path of a running program whose file was removed or replaced. */
const REPLACED = / \(deleted\)$/;

/** A shell script: copies the parent process's program to `$0` unless that exists, then becomes it. */
const FROM_COPY = 'test -x "$0" || { mkdir -p "${0%/*}" && cp "/proc/$PPID/exe" "$0.$$" && ' +
  'mv -f "$0.$$" "$0"; } && exec "$0" "$@"';

let copies: string | undefined;

/**
 * Sets the directory for a copy of the program, in case its file was replaced. {@link forgetPrograms} removes the
 * copies.
 */
export function keepProgramIn(directory: string): void {
  copies = `${directory}/program`;
}

/** Removes the copies that this daemon, or an earlier one of the directory, has made. */
export function forgetPrograms(): void {
  if (copies === undefined) return;
  try {
    Deno.removeSync(copies, { recursive: true });
  } catch {
    // Usually there is none. A copy that can't be removed only takes space.
  }
}

/**
 * The program and the arguments that run this very program with `args`. A compiled binary carries its flags and
 * permissions itself, V8 flags included, so `options.v8Flags` has an effect only on sources.
 */
export function selfCommand(
  args: readonly string[],
  options: SelfOptions = {},
): [program: string, argv: string[]] {
  const path = Deno.execPath();
  if (isCompiled()) {
    if (!REPLACED.test(path) || copies === undefined) return [path, [...args]];
    // The inode number tells one version of the program from another.
    const copy = `${copies}/musicfs-${Deno.statSync("/proc/self/exe").ino}`;
    return ["/bin/sh", ["-c", FROM_COPY, copy, ...args]];
  }
  const flags = options.v8Flags ?? [];
  const main = decodeURIComponent(new URL("../../main.ts", import.meta.url).pathname);
  // /proc/self/exe of the new process is this program until it becomes another, so "self" is right either way.
  return [REPLACED.test(path) ? "/proc/self/exe" : path, [
    "run",
    "--quiet",
    "--allow-all",
    ...(flags.length > 0 ? [`--v8-flags=${flags.join(",")}`] : []),
    main,
    ...args,
  ]];
}

/**
 * Whether this is the compiled binary. Some builds of Deno's base binary don't say so, but no compiled one is called
 * deno.
 */
export function isCompiled(): boolean {
  const name = Deno.execPath().split("/").at(-1)!;
  return Deno.build.standalone || !name.startsWith("deno");
}
