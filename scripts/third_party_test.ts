import assert from "node:assert/strict";
import { join } from "node:path";
import { bundledPackages, carriedPackages, type Lock, thirdPartyNotice } from "./third_party.ts";

const LOCK: Lock = {
  specifiers: { "npm:log@1.0.0": "1.0.0", "npm:@scope/tags@2": "2.1.0_log@1.0.0" },
  npm: {
    "log@1.0.0": { dependencies: ["text@3.0.0"], optionalDependencies: ["log-linux", "log-mac"] },
    "log-linux@1.0.0": {},
    "log-mac@1.0.0": { dependencies: ["gone"] },
    "@scope/tags@2.1.0_log@1.0.0": { dependencies: ["log", "text@4.0.0"] },
    "text@3.0.0": {},
    "text@4.0.0": {},
    "test-library@1.0.0": {},
  },
};

/** A directory of packages, each with these files. */
function packages(files: Readonly<Record<string, Readonly<Record<string, string>>>>) {
  const root = Deno.makeTempDirSync();
  for (const [id, texts] of Object.entries(files)) {
    for (const [name, text] of Object.entries(texts)) {
      const path = join(root, id, name);
      Deno.mkdirSync(join(path, ".."), { recursive: true });
      Deno.writeTextFileSync(path, text);
    }
  }
  return {
    carried: Object.keys(files).map((id) => ({ id, directory: join(root, id) })),
    [Symbol.dispose]: () => Deno.removeSync(root, { recursive: true }),
  };
}

Deno.test("the packages that are carried are those that the program names, and all that these need", () => {
  const find = (name: string, version: string) =>
    name === "log-mac" ? undefined : `/npm/${name}/${version}`;
  const carried = carriedPackages(LOCK, Object.keys(LOCK.specifiers), find);
  assert.deepEqual(carried, [
    { id: "@scope/tags@2.1.0_log@1.0.0", directory: "/npm/@scope/tags/2.1.0" },
    { id: "log-linux@1.0.0", directory: "/npm/log-linux/1.0.0" },
    { id: "log@1.0.0", directory: "/npm/log/1.0.0" },
    { id: "text@3.0.0", directory: "/npm/text/3.0.0" },
    { id: "text@4.0.0", directory: "/npm/text/4.0.0" },
  ]);
  const bundled = carriedPackages(LOCK, ["text@3.0.0", "@scope/tags@2.1.0"], find);
  assert.deepEqual(
    bundled.map(({ id }) => id).filter((id) => !id.startsWith("log")),
    ["@scope/tags@2.1.0_log@1.0.0", "text@3.0.0", "text@4.0.0"],
  );
  const missing = (name: string) => name === "text" ? undefined : `/npm/${name}`;
  assert.throws(
    () => carriedPackages(LOCK, ["npm:log@1.0.0"], missing),
    /Cannot find the files of the package text@3\.0\.0/,
  );
});

Deno.test("a bundle says from which packages its parts come", () => {
  const bundle = [
    "// ../../home/x/.cache/deno/npm/registry.npmjs.org/string-width/8.1.0/index.js",
    `var require_c = __commonJS({ "../deno/npm/registry.npmjs.org/@scope/c/1.0.0-beta.1/c.js"(exports) {`,
    "// src/npm/mod.ts, and https://registry.npmjs.org/other/1.0.0/",
  ].join("\n");
  assert.deepEqual([...bundledPackages(bundle)], ["string-width@8.1.0", "@scope/c@1.0.0-beta.1"]);
});

Deno.test("the notice has every licence once, with the packages that have it, also of sources within a package", () => {
  using made = packages({
    "a@1": {
      "package.json": `{ "license": "MIT", "homepage": "https://a.example" }`,
      "LICENSE": "Do what you like.\r\nAnd more.\n",
      "deps/c/COPYRIGHT": "Of C.",
      "lib/license.js": "code",
    },
    "b@1": {
      "package.json": `{ "licenses": [{ "type": "MIT" }] }`,
      "license.md": "Do what you like.\nAnd more.",
    },
    "c@1": { "package.json": `{ "license": "ISC", "author": { "name": "Cleo" } }` },
  });
  const notice = thirdPartyNotice(made.carried);
  for (
    const part of [
      "a@1: MIT, https://a.example\nb@1: MIT\nc@1: ISC, Cleo\nDeno: MIT\n",
      "a@1 (LICENSE)\nb@1 (license.md)\n\nDo what you like.\nAnd more.\n",
      "a@1 (deps/c/COPYRIGHT)\n\nOf C.\n",
      "the Deno authors",
    ]
  ) assert.ok(notice.includes(part), part);
  assert.equal(notice.split("Do what you like.").length, 2);
  assert.ok(!notice.includes("code\n"));
});

Deno.test("a package without any licence stops the build", () => {
  using made = packages({ "a@1": { "package.json": "{}" } });
  assert.throws(() => thirdPartyNotice(made.carried), /Cannot find the licence of a@1/);
});
