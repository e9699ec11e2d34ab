/**
 * Lists a directory as an origin does, and prints the entries as JSON. With a user id it gives up its own rights for
 * that user's first. With a file it prints how stat and read of that file fail instead.
 * usage: list_origin.ts DIR [UID [FILE]]
 */
import { LocalOrigin, readBytes } from "../../src/origins/mod.ts";

const [root, uid, file] = Deno.args;
if (uid) {
  const { symbols } = Deno.dlopen("libc.so.6", {
    setuid: { parameters: ["u32"], result: "i32" },
  });
  if (symbols.setuid(Number(uid)) !== 0) throw new Error("Cannot change the user");
}
const origin = new LocalOrigin("local", root!);
console.log(JSON.stringify(file === undefined ? await listed() : await failures(file)));

async function listed(): Promise<unknown[]> {
  const found: unknown[] = [];
  for await (const batch of origin.list()) {
    for (const entry of batch) {
      const { kind, path } = entry;
      found.push(kind === "file" ? { kind, path } : { kind, path, reason: entry.reason });
    }
  }
  return found;
}

function failures(file: string): Promise<unknown[]> {
  return Promise.all(
    [origin.stat(file), readBytes(origin, file, 0, 1)].map((call) =>
      call.then(() => "none", (error) => error.name)
    ),
  );
}
