/**
 * Lists a directory as an origin does and prints the entries as JSON, after giving up its rights for those of
 * a user when one is named.
 * usage: list_origin.ts DIR [UID]
 */
import { LocalOrigin } from "../../src/origins/mod.ts";

const [root, uid] = Deno.args;
if (uid !== undefined) {
  const { symbols } = Deno.dlopen("libc.so.6", {
    setuid: { parameters: ["u32"], result: "i32" },
  });
  if (symbols.setuid(Number(uid)) !== 0) throw new Error("Cannot change the user");
}
const found: unknown[] = [];
for await (const batch of new LocalOrigin("local", root!).list()) {
  for (const entry of batch) {
    const { kind, path } = entry;
    found.push(kind === "file" ? { kind, path } : { kind, path, reason: entry.reason });
  }
}
console.log(JSON.stringify(found));
