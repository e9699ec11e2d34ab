import { dirname } from "node:path";
import { LocalOrigin, MemoryOrigin } from "../../src/origins/mod.ts";
import { testOrigin } from "./origin_suite.ts";

testOrigin("memory origin", () => {
  const origin = new MemoryOrigin("memory");
  return {
    origin,
    write: (path, bytes) => origin.write(path, bytes),
    remove: (path) => origin.remove(path),
    takeAway: () => origin.unreachable = "Unplugged",
    close: () => {},
  };
});

testOrigin("local origin", () => {
  const base = Deno.makeTempDirSync();
  const root = `${base}/music`;
  Deno.mkdirSync(root);
  return {
    origin: new LocalOrigin("local", root),
    write(path, bytes) {
      Deno.mkdirSync(dirname(`${root}/${path}`), { recursive: true });
      Deno.writeFileSync(`${root}/${path}`, bytes);
    },
    remove: (path) => Deno.removeSync(`${root}/${path}`),
    takeAway: () => Deno.renameSync(root, `${base}/away`),
    close: () => Deno.removeSync(base, { recursive: true }),
  };
});
