/** A file of /proc, /sys or /etc; empty when it can't be read, for who only looks for a line in it. */
export function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
