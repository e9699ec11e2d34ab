/**
 * The text of a file of /proc, /sys or /etc; empty when it can't be read, which suits callers that look for a line in
 * it.
 */
export function readText(path: string): string {
  try {
    return Deno.readTextFileSync(path);
  } catch {
    return "";
  }
}
