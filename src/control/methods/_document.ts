import { VERSION } from "../../base/mod.ts";
import { type OpenRpcDocument, openRpcDocument } from "../rpc/openrpc.ts";
import { CONTROL_METHODS } from "./_known.ts";

/** The OpenRPC document of what this version serves on its control socket. */
export function controlDocument(): OpenRpcDocument {
  return openRpcDocument({
    title: "MusicFS",
    version: VERSION,
    description:
      "The control socket of a MusicFS daemon: JSON-RPC 2.0, one frame a line of UTF-8. " +
      "A failure that is meant for a person has the code -32000, and its data say what to do about it.",
  }, CONTROL_METHODS);
}
