import { coloured, EXIT, type ExitCode } from "../base/mod.ts";
import type { Invocation } from "./context.ts";
import { findings } from "./doctor_checks.ts";
import { printable } from "./output.ts";

const MARKS = {
  ok: () => coloured(Deno.stdout, "green", "ok  "),
  warn: () => coloured(Deno.stdout, "yellow", "warn"),
  fail: () => coloured(Deno.stdout, "red", "FAIL"),
};

/** `musicfs doctor`: exit code 1 when a mount could not work. */
export async function doctor({ context }: Invocation): Promise<ExitCode> {
  const checks = await findings(context);
  const canMount = checks.every(({ state }) => state !== "fail");
  context.output.print({ can_mount: canMount, checks }, () => {
    const lines = checks.flatMap(({ title, state, detail, advice }) => [
      `${MARKS[state]()}  ${title}: ${detail.split("\n").map(printable).join("\n")}`,
      ...advice === null ? [] : [`      -> ${advice}`],
    ]);
    const verdict = canMount
      ? checks.some(({ state }) => state === "warn")
        ? "This machine can mount; the remarks above would make it better."
        : "This machine can mount."
      : "This machine can't mount yet: see what FAILed above.";
    return [...lines, "", verdict].join("\n");
  });
  return canMount ? EXIT.done : EXIT.failed;
}
