import assert from "node:assert/strict";
import { constants } from "node:os";
import { FileSystemError } from "../../base/mod.ts";
import { ERRNO as POSIX } from "../../posix/mod.ts";
import { ERRNO, errnoOf } from "./errno.ts";

Deno.test("every errno has the number that the system gives it", () => {
  const system: Record<string, number> = constants.errno;
  for (const [name, number] of Object.entries(ERRNO)) assert.equal(number, system[name], name);
  for (const [name, number] of Object.entries(POSIX)) {
    if (name in system) assert.equal(number, system[name], name);
  }
});

Deno.test("a FileSystemError gives its errno, a fault of the program gives EIO", () => {
  for (const [name, number] of Object.entries(ERRNO)) {
    assert.equal(errnoOf(new FileSystemError(name as keyof typeof ERRNO)), number);
  }
  assert.equal(errnoOf(new TypeError("x is undefined")), ERRNO.EIO);
  assert.equal(errnoOf("thrown text"), ERRNO.EIO);
});
