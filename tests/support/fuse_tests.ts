/** Tests over a real kernel: a daemon over a tree in memory, clients in other processes. */
import { FuseMount } from "./fuse_mount.ts";
import { needs } from "./needs.ts";

export const ready = needs("/dev/fuse", "bash", "timeout");
export const python = needs("python3");
export const root = Deno.uid() === 0 || needs("root");
export const MODES = [{ passthrough: false }, { passthrough: true }];

export function test(
  name: string,
  body: (mount: FuseMount) => Promise<void>,
  also: boolean = true,
): void {
  Deno.test({
    name,
    ignore: !ready || !also,
    fn: async () => {
      await using mount = new FuseMount();
      await body(mount);
    },
  });
}

export function pattern(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = (Math.imul(i, 2654435761) >>> 13) + seed;
  return bytes;
}
