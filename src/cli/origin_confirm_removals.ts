import type { Invocation } from "./context.ts";
import { requireDaemon } from "./daemon.ts";

/** `musicfs origin confirm-removals ID` */
export async function originConfirmRemovals({ context, args }: Invocation): Promise<void> {
  const id = args[0]!;
  await requireDaemon(context, (daemon) => daemon.request("origin.confirm_removals", { id }));
  context.output.done(
    { confirmed: id },
    () => `Confirmed; the next scan of ${id} removes what it does not find`,
  );
}
