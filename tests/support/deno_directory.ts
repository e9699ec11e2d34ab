let known: string | undefined;

/**
 * The directory in which Deno keeps downloaded packages. A test that gives a process another home directory passes it
 * on, or the process would download everything again.
 */
export function denoDirectory(): string {
  if (known !== undefined) return known;
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  known = JSON.parse(new TextDecoder().decode(stdout)).denoDir as string;
  return known;
}
