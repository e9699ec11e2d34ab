import assert from "node:assert/strict";
import { temporaryProblem } from "./unpacking.ts";

Deno.test({
  name: "temporaryProblem() says why nothing can be run from a directory",
  ignore: Deno.uid() !== 0,
  fn() {
    const directory = Deno.makeTempDirSync();
    const mount = (options: string) => {
      const args = ["-t", "tmpfs", "-o", options, "tmpfs", directory];
      return new Deno.Command("mount", { args }).outputSync().success;
    };
    const unmount = () => new Deno.Command("umount", { args: [directory] }).outputSync();
    try {
      assert.equal(temporaryProblem(directory), undefined);
      assert(mount("noexec"));
      assert.match(temporaryProblem(directory)!, /noexec/);
      unmount();
      assert(mount("size=64k"));
      assert.equal(temporaryProblem(directory), "it is full");
      unmount();
      assert.match(temporaryProblem(`${directory}/none`)!, /No such file/);
    } finally {
      Deno.removeSync(directory);
    }
  },
});
