import { fileURLToPath } from "node:url";

const HERE = new URL(".", import.meta.url);
const DEADLINE_S = 600;

/** Runs a script of this directory, or the text after `-c`, in its own process. Returns the JSON that it prints. */
export async function python<Result>(program: string, ...args: string[]): Promise<Result> {
  const [first = "", ...rest] = args;
  const { code, stdout, stderr } = await new Deno.Command("timeout", {
    args: ["-k", "5", `${DEADLINE_S}`, program, scriptOf(first), ...rest],
    stdin: "null",
  }).output();
  if (code !== 0) throw new Error(`${first}: ${new TextDecoder().decode(stderr)}`);
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** The path of a script of this directory. `-c` is returned as it is. */
export function scriptOf(name: string): string {
  return name === "-c" ? name : fileURLToPath(new URL(name, HERE));
}
