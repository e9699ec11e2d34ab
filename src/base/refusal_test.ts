import assert from "node:assert/strict";
import { UserError } from "./errors.ts";
import { asRefusal, ownerHint } from "./refusal.ts";

Deno.test("asRefusal() turns what the machine refuses into a UserError with a hint", () => {
  const directory = Deno.makeTempDirSync();
  try {
    const denied = new Deno.errors.PermissionDenied(
      `Permission denied (os error 13): open '${directory}/state/mount.log'`,
    );
    const refusal = asRefusal(denied);
    assert(refusal instanceof UserError);
    assert.equal(refusal.message, denied.message);
    assert.equal(refusal.hint, `see its permissions: ls -ld ${directory}`);
    const full = asRefusal(new Error("No space left on device (os error 28): write"));
    assert(full instanceof UserError);
    assert.match(full.hint!, /space/);
    const fault = new TypeError("x is undefined");
    assert.equal(asRefusal(fault), fault);
  } finally {
    Deno.removeSync(directory);
  }
});

Deno.test({
  name: "ownerHint() says whose a directory is and how it is given back",
  ignore: Deno.uid() !== 0,
  fn() {
    const directory = Deno.makeTempDirSync();
    try {
      const file = `${directory}/mount.log`;
      Deno.writeTextFileSync(file, "");
      Deno.chownSync(file, 1234, 1234);
      assert.match(
        ownerHint(file, directory),
        new RegExp(`^${file} belongs to user 1234, .* sudo chown -R 0 ${directory}$`),
      );
      Deno.chownSync(directory, 1234, 1234);
      assert.match(
        ownerHint(`${directory}/state/events.mdb`),
        new RegExp(`^${directory} belongs to user 1234, .* sudo chown -R 0 ${directory}$`),
      );
    } finally {
      Deno.removeSync(directory, { recursive: true });
    }
  },
});
