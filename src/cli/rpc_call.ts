import { EXIT, type ExitCode, messageOf, UserError } from "../base/mod.ts";
import type { ControlMethods } from "../control/protocol.ts";
import type { Invocation } from "./context.ts";
import { requireDaemon } from "./daemon.ts";
import { untilInterrupted } from "./interrupt.ts";
import { jsonText } from "./output.ts";

/** `musicfs rpc call METHOD [JSON]`: prints the daemon's result as it came. There is no deadline. */
export function rpcCall({ context, args }: Invocation): Promise<ExitCode | void> {
  const [method, json = "{}"] = args;
  const params = parameters(json);
  return untilInterrupted((signal) =>
    requireDaemon(context, async (daemon) => {
      const { RPC_ERROR, RpcError } = await import("../control/mod.ts");
      // The daemon may be of another version, so it alone decides whether the method and its parameters exist.
      const result = await daemon.request(
        method as keyof ControlMethods,
        params as never,
        { signal, deadlineMs: Infinity },
      ).catch((error) => {
        if (!(error instanceof RpcError)) throw error;
        throw new UserError(error.message, {
          hint: "musicfs rpc describe tells what there is",
          exitCode: error.code === RPC_ERROR.methodNotFound
            ? EXIT.notFound
            : error.code === RPC_ERROR.invalidParams
            ? EXIT.usage
            : EXIT.failed,
          cause: error,
        });
      });
      context.output.print(result, () => jsonText(result, 2));
    })
  );
}

function parameters(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    throw new UserError(`Cannot read the parameters as JSON: ${messageOf(error)}`, {
      hint: `they are one object, such as '{"id": "local"}'`,
      exitCode: EXIT.usage,
      cause: error,
    });
  }
}
