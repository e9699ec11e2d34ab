import type { Invocation } from "./context.ts";
import { jsonText } from "./output.ts";

/** `musicfs rpc describe`: an OpenRPC document of the methods that this version serves, with or without a daemon. */
export async function rpcDescribe({ context }: Invocation): Promise<void> {
  const { controlDocument } = await import("../control/methods/mod.ts");
  const document = controlDocument();
  context.output.print(document, () => jsonText(document, 2));
}
