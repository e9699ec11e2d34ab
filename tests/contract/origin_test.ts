import { LocalOrigin, MemoryOrigin } from "../../src/origins/mod.ts";
import { removeLocal, writeLocal } from "../support/local_files.ts";
import { type OriginPlace, testOrigin } from "./origin_suite.ts";

testOrigin("memory origin", memoryPlace, { holdsBytes: true });
testOrigin("local origin", localPlace, { holdsBytes: true });

function memoryPlace(): OriginPlace {
  return {
    open() {
      const origin = new MemoryOrigin("memory");
      return {
        origin,
        write: (path, bytes) => origin.write(path, bytes),
        remove: (path) => origin.remove(path),
        takeAway: () => {
          origin.unreachable = "Unplugged";
        },
        close: () => {},
      };
    },
    stop: () => {},
  };
}

function localPlace(): OriginPlace {
  const base = Deno.makeTempDirSync();
  let opened = 0;
  return {
    open() {
      const root = `${base}/music ${++opened}`;
      Deno.mkdirSync(root);
      return {
        origin: new LocalOrigin("local", root),
        write: (path, bytes) => writeLocal(root, path, bytes),
        remove: (path) => removeLocal(root, path),
        takeAway: () => Deno.renameSync(root, `${root} away`),
        close: () => {},
      };
    },
    stop: () => Deno.removeSync(base, { recursive: true }),
  };
}
