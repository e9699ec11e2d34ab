import type { Invocation } from "./context.ts";
import { jsonText } from "./output.ts";

/** `musicfs rpc describe`: an OpenRPC document of what this version serves, with a daemon or without. */
export async function rpcDescribe({ context }: Invocation): Promise<void> {
  const { controlDocument } = await import("../control/methods/mod.ts");
  const document = controlDocument();
  context.output.print(document, () => jsonText(document, 2));
}
