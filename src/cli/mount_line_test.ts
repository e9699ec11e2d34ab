import assert from "node:assert/strict";
import fc from "fast-check";
import { LOG_LEVELS } from "../base/mod.ts";
import { readMountLine } from "./mount_line.ts";
import { GLOBAL_OPTIONS, MOUNT_OPTIONS } from "./options.ts";
import { buildProgram } from "./program.ts";

/** What the whole grammar makes of a line that mounts; undefined when it is another, or none. */
async function byGrammar(args: readonly string[]) {
  const program = buildProgram(() => {}, () => {});
  const command = program.commands.find((each) => each.name() === "mount")!;
  let read: { mountpoint: string; options: Record<string, unknown> } | undefined;
  command.action(() => {
    read = { mountpoint: command.args[0]!, options: { ...program.opts(), ...command.opts() } };
  });
  await program.parseAsync([...args], { from: "user" }).catch(() => {});
  return read;
}

const value = fc.constantFrom("music", "/a b", "s3://x/y", "a=b", "", "mount", "-x", "--daemon");
const option = fc.constantFrom(...GLOBAL_OPTIONS, ...MOUNT_OPTIONS).chain(({ flags }) =>
  fc.constantFrom(...flags.replace(/ <.*/, "").split(", ")).chain((spelling) => {
    if (!flags.includes("<")) return fc.constant<string[]>([spelling]);
    const values = flags.includes("level") ? fc.constantFrom(...LOG_LEVELS, "loud") : value;
    return values.map((given) => [spelling, given as string]);
  })
);
const other = fc.constantFrom<string[]>(["mount"], ["/mnt"], ["unmount"], ["--help"], [
  "--origins",
  "x",
], [
  "--config=x",
  "--",
]);

Deno.test("a mount line is read as the whole grammar reads it, or not at all", async () => {
  let plain = 0;
  const line = fc.tuple(
    fc.array(option, { maxLength: 2 }),
    fc.array(fc.oneof({ weight: 4, arbitrary: option }, other), { maxLength: 5 }),
  ).map(([before, behind]) => [...before.flat(), "mount", "/mnt/music", ...behind.flat()]);
  await fc.assert(
    fc.asyncProperty(line, async (args) => {
      const read = readMountLine(args);
      if (read === undefined) return;
      plain++;
      assert.deepEqual(await byGrammar(args), read);
    }),
    { numRuns: 1_000 },
  );
  assert.ok(plain > 50, `${plain} lines of 1,000 were read`);
});

Deno.test("what people enter to mount is read without the grammar", () => {
  assert.deepEqual(
    readMountLine(["mount", "/mnt", "--origin", "a", "--origin", "b", "--no-scan", "-v"]),
    { mountpoint: "/mnt", options: { scan: false, origin: ["a", "b"], verbose: true } },
  );
  assert.equal(
    readMountLine(["--state-dir", "s", "mount", "/mnt", "--daemon"])?.options.daemon,
    true,
  );
  assert.equal(readMountLine(["mount", "/mnt", "--log-level", "loud"]), undefined);
  assert.equal(readMountLine(["mount", "--help"]), undefined);
  assert.equal(readMountLine(["status"]), undefined);
});
