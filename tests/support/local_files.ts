import { dirname } from "node:path";
import { bytesFromString, hasEscapedBytes } from "../../src/base/mod.ts";

let clock = 1_700_000_000;

/**
 * Writes a file below a local directory, with the directories that it needs. Every write has a modification time of
 * its own, whole seconds apart, so that a second write is another version on any origin.
 */
export function writeLocal(root: string, path: string, bytes: Uint8Array): void {
  const time = clock++;
  const name = hasEscapedBytes(path) ? `.written ${time}` : path;
  Deno.mkdirSync(dirname(`${root}/${name}`), { recursive: true });
  Deno.writeFileSync(`${root}/${name}`, bytes);
  Deno.utimeSync(`${root}/${name}`, time, time);
  if (name !== path) shell(`mkdir -p "$(dirname "$to")" && mv "${name}" "$to"`, root, path);
}

/** Deletes a file that {@link writeLocal} wrote. */
export function removeLocal(root: string, path: string): void {
  shell(`rm "$to"`, root, path);
}

/** Runs a shell command with the path in `$to`, made from its bytes: Deno can't use names that are not UTF-8. */
function shell(command: string, cwd: string, path: string): void {
  const octal = [...bytesFromString(path)].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`)
    .join("");
  const script = `to=./"$(printf '${octal}')"; ${command}`;
  const { success, stderr } = new Deno.Command("sh", { args: ["-c", script], cwd }).outputSync();
  if (!success) throw new Error(`Cannot run ${command}: ${new TextDecoder().decode(stderr)}`);
}
