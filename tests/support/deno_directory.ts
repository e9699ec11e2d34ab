let known: string | undefined;

/**
 * Where Deno keeps the packages it downloaded. A test that gives a process another home names it, or the
 * process would download everything again.
 */
export function denoDirectory(): string {
  if (known !== undefined) return known;
  const { stdout } = new Deno.Command(Deno.execPath(), { args: ["info", "--json"] }).outputSync();
  known = JSON.parse(new TextDecoder().decode(stdout)).denoDir as string;
  return known;
}
