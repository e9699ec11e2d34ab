import assert from "node:assert/strict";
import { openBelow, pretendOpenat2 } from "./beneath.ts";
import { ERRNO } from "./errno.ts";
import { closeFile, O_DIRECTORY, O_PATH, O_RDONLY, PosixError, readFileAt } from "./file.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A root with links of every kind, beside a directory that links must not lead to. */
class Tree implements Disposable {
  readonly base = Deno.realPathSync(Deno.makeTempDirSync());
  readonly root = `${this.base}/root`;

  constructor() {
    Deno.mkdirSync(`${this.root}/a/b`, { recursive: true });
    Deno.mkdirSync(`${this.base}/outside`);
    Deno.mkdirSync(`${this.base}/root beside`);
    Deno.writeTextFileSync(`${this.root}/a/b/song`, "inside");
    Deno.writeTextFileSync(`${this.base}/outside/song`, "outside");
    Deno.writeTextFileSync(`${this.base}/root beside/song`, "outside");
    Deno.symlinkSync(this.root, `${this.base}/linked root`);
    Deno.symlinkSync("b/song", `${this.root}/a/relative`);
    Deno.symlinkSync("../a/b/song", `${this.root}/a/up and down`);
    Deno.symlinkSync("../../root/a/b/song", `${this.root}/a/out and in`);
    Deno.symlinkSync(`${this.root}/a/b/song`, `${this.root}/absolute`);
    Deno.symlinkSync(`${this.base}/linked root/a/b/song`, `${this.root}/by another name`);
    Deno.symlinkSync("a", `${this.root}/directory`);
    Deno.symlinkSync(`${this.root}/a`, `${this.root}/absolute directory`);
    Deno.symlinkSync("../outside/song", `${this.root}/out`);
    Deno.symlinkSync(`${this.base}/outside/song`, `${this.root}/absolutely out`);
    Deno.symlinkSync(`${this.base}/root beside/song`, `${this.root}/beside`);
    Deno.symlinkSync("../outside", `${this.root}/directory out`);
    Deno.symlinkSync("/proc/self/root/etc/passwd", `${this.root}/magic`);
    Deno.symlinkSync("nowhere", `${this.root}/dangling`);
    Deno.symlinkSync("loop", `${this.root}/loop`);
  }

  /** The result of opening a path: the file's contents, or the name of the errno. */
  read(path: string, followLinks = false, root = this.root): string {
    try {
      const fd = openBelow(bytes(root), bytes(path), O_RDONLY, { followLinks });
      const into = new Uint8Array(100);
      const text = new TextDecoder().decode(into.subarray(0, readFileAt(fd, 0, into)));
      closeFile(fd);
      return text;
    } catch (error) {
      assert.ok(error instanceof PosixError);
      const [name] = Object.entries(ERRNO).find(([, number]) => number === error.errno)!;
      return name;
    }
  }

  [Symbol.dispose]() {
    Deno.removeSync(this.base, { recursive: true });
  }
}

for (const isOld of [false, true]) {
  const test = (name: string, body: () => void | Promise<void>) =>
    Deno.test(`${name} (${isOld ? "without" : "with"} openat2)`, async () => {
      pretendOpenat2(isOld ? "none" : undefined);
      try {
        await body();
      } finally {
        pretendOpenat2(undefined);
      }
    });

  test("links within the root are followed, whether relative or absolute", () => {
    using tree = new Tree();
    const paths = ["a/b/song", "a//b/./song", "a/relative", "a/up and down", "a/out and in"];
    paths.push("absolute", "by another name", "directory/b/song", "absolute directory/b/song");
    for (const path of paths) {
      assert.equal(tree.read(path), "inside", path);
      assert.equal(tree.read(path, false, `${tree.base}/linked root`), "inside", path);
    }
    const fd = openBelow(bytes(tree.root), bytes(""), O_RDONLY | O_DIRECTORY);
    closeFile(fd);
    closeFile(openBelow(bytes(tree.root), bytes("absolute directory"), O_PATH | O_DIRECTORY));
  });

  test("links out of the root are refused, unless followLinks allows them", () => {
    using tree = new Tree();
    for (const path of ["out", "absolutely out", "beside", "directory out/song"]) {
      assert.equal(tree.read(path), "EXDEV", path);
      assert.equal(tree.read(path, true), "outside", path);
    }
    for (const path of ["../outside/song", "a/../../outside/song"]) {
      assert.equal(tree.read(path), "EXDEV", path);
    }
    assert.match(tree.read("magic"), /^(ELOOP|EXDEV)$/);
    for (const path of ["out", "directory out"]) {
      assert.throws(
        () => openBelow(bytes(tree.root), bytes(path), O_PATH),
        (error) => error instanceof PosixError && error.errno === ERRNO.EXDEV,
      );
    }
  });

  test("paths that lead to no file fail with the errno of open(2)", () => {
    using tree = new Tree();
    for (const path of ["gone", "a/gone/song", "dangling"]) {
      assert.equal(tree.read(path), "ENOENT", path);
    }
    assert.equal(tree.read("a/b/song/song"), "ENOTDIR");
    assert.equal(tree.read("loop"), "ELOOP");
    assert.equal(tree.read("song", false, `${tree.base}/no root`), "ENOENT");
  });

  test("a directory that is swapped for a link again and again never gives access to the link's target", async () => {
    using tree = new Tree();
    const b = `${tree.root}/a/b`;
    const swap = new Deno.Command("bash", {
      args: [
        "-c",
        `while :; do mv -T ${b} ${tree.base}/kept; ln -s ${tree.base}/outside ${b}; rm ${b}; mv -T ${tree.base}/kept ${b}; done`,
      ],
      stderr: "null",
    }).spawn();
    try {
      const seen = new Set<string>();
      for (let i = 0; i < 3000 || !seen.has("EXDEV") || !seen.has("inside"); i++) {
        seen.add(tree.read("a/b/song"));
      }
      assert.ok(!seen.has("outside"), [...seen].join());
    } finally {
      swap.kill("SIGKILL");
      await swap.status;
    }
  });

  test("no descriptor stays open", () => {
    using tree = new Tree();
    const open = () =>
      [...Deno.readDirSync("/proc/self/fd")].filter(({ name }) => {
        try {
          return Deno.readLinkSync(`/proc/self/fd/${name}`).startsWith(tree.base);
        } catch {
          return false;
        }
      }).length;
    for (const path of ["absolute", "out", "gone", "loop", "a/b/song", "directory/b/song"]) {
      tree.read(path);
    }
    assert.equal(open(), 0);
  });
}
