import { VERSION } from "../base/mod.ts";
import type { Invocation } from "./context.ts";

/** `musicfs version` */
export function version({ context }: Invocation): void {
  const { os, arch } = Deno.build;
  const value = { version: VERSION, deno: Deno.version.deno, v8: Deno.version.v8, os, arch };
  context.output.print(
    value,
    () => `musicfs ${VERSION} (Deno ${Deno.version.deno}, ${os} ${arch})`,
  );
}
