import assert from "node:assert/strict";
import { Exclusions } from "../base/mod.ts";
import { Settling } from "./settling.ts";
import { watchOrigin } from "./watcher.ts";

/** Longer than the two seconds that a change may take, shorter than a person waits. */
const DEADLINE_MS = 5_000;

class Recorder {
  readonly changed = new Set<string>();
  readonly problems: string[] = [];
  overflows = 0;

  /** Waits until a condition holds. */
  async until(what: string, holds: () => boolean): Promise<number> {
    const start = performance.now();
    while (!holds()) {
      if (performance.now() - start > DEADLINE_MS) {
        throw new Error(`Waited in vain for ${what}; told of ${[...this.changed].join(", ")}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    return performance.now() - start;
  }
}

function watchTest(
  name: string,
  run: (root: string, recorder: Recorder) => Promise<void>,
): void {
  Deno.test(name, async () => {
    const base = await Deno.makeTempDir();
    const root = `${base}/root`;
    await Deno.mkdir(`${root}/a/b`, { recursive: true });
    const recorder = new Recorder();
    const abort = new AbortController();
    const { ready, done } = watchOrigin({
      root,
      exclusions: new Exclusions(["/Incoming"]),
      signal: abort.signal,
      onChanged: (directories) => directories.forEach((path) => recorder.changed.add(path)),
      onOverflow: () => recorder.overflows++,
      onProblem: (message) => recorder.problems.push(message),
    });
    try {
      await ready;
      await run(root, recorder);
    } finally {
      abort.abort();
      await done;
      await Deno.remove(base, { recursive: true });
    }
  });
}

watchTest("a written file is told within two seconds, as its directory", async (root, recorder) => {
  await Deno.writeTextFile(`${root}/a/b/x.flac`, "x");
  const waited = await recorder.until("a/b", () => recorder.changed.has("a/b"));
  assert.ok(waited < 2_000, `It took ${waited} ms`);
  assert.deepEqual([...recorder.changed], ["a/b"]);
});

watchTest("removed, renamed and touched files are told", async (root, recorder) => {
  for (const name of ["1", "2", "3"]) await Deno.writeTextFile(`${root}/a/${name}.mp3`, "x");
  await recorder.until("a", () => recorder.changed.delete("a"));
  await Deno.remove(`${root}/a/1.mp3`);
  await recorder.until("a", () => recorder.changed.delete("a"));
  await Deno.rename(`${root}/a/2.mp3`, `${root}/a/b/2.mp3`);
  await recorder.until("a and a/b", () => recorder.changed.has("a") && recorder.changed.has("a/b"));
  recorder.changed.clear();
  await Deno.utime(`${root}/a/3.mp3`, 1, 1);
  await recorder.until("a", () => recorder.changed.delete("a"));
});

watchTest("a hard link, which is never closed, is told", async (root, recorder) => {
  await Deno.writeTextFile(`${root}/x.flac`, "x");
  await recorder.until("the root", () => recorder.changed.has(""));
  await Deno.link(`${root}/x.flac`, `${root}/a/link.flac`);
  const waited = await recorder.until("a", () => recorder.changed.has("a"));
  assert.ok(waited < 2_000, `It took ${waited} ms`);
});

watchTest("what is no music is told as well: written, renamed, gone", async (root, recorder) => {
  const isTold = () => recorder.until("a", () => recorder.changed.delete("a"));
  await Deno.writeTextFile(`${root}/a/booklet.pdf`, "x");
  const waited = await isTold();
  assert.ok(waited < 2_000, `It took ${waited} ms`);
  await Deno.rename(`${root}/a/booklet.pdf`, `${root}/a/b/scan`);
  await recorder.until("a and a/b", () => recorder.changed.has("a") && recorder.changed.has("a/b"));
  recorder.changed.clear();
  await Deno.symlink("b/scan", `${root}/a/link.pdf`);
  await isTold();
  await Deno.remove(`${root}/a/link.pdf`);
  await isTold();
  assert.deepEqual([...recorder.changed], []);
});

watchTest(
  "new directories are watched, and what was in them already is told",
  async (root, recorder) => {
    await Deno.mkdir(`${root}/a/new/deep`, { recursive: true });
    await Deno.writeTextFile(`${root}/a/new/deep/x.flac`, "x");
    await recorder.until("a/new/deep", () => recorder.changed.has("a/new/deep"));
    assert.ok(recorder.changed.has("a"));
    recorder.changed.clear();
    await Deno.writeTextFile(`${root}/a/new/deep/y.flac`, "y");
    await recorder.until("a/new/deep", () => recorder.changed.has("a/new/deep"));
  },
);

watchTest("what a link out of the root leads to is not watched", async (root, recorder) => {
  await Deno.mkdir(`${root}/../outside`);
  await Deno.symlink("../outside", `${root}/out`);
  await Deno.symlink("a/b", `${root}/within`);
  await Deno.mkdir(`${root}/later`);
  // Directories are watched one after the other, so the link was met before.
  await recorder.until("later", () => recorder.changed.has("later"));
  recorder.changed.clear();
  await Deno.writeTextFile(`${root}/../outside/x.flac`, "x");
  await Deno.writeTextFile(`${root}/later/x.flac`, "x");
  await recorder.until("later", () => recorder.changed.has("later"));
  assert.deepEqual([...recorder.changed], ["later"]);
});

watchTest("a renamed directory is told under its new name from then on", async (root, recorder) => {
  await Deno.rename(`${root}/a`, `${root}/z`);
  await recorder.until("z/b", () => recorder.changed.has("z/b"));
  recorder.changed.clear();
  await Deno.writeTextFile(`${root}/z/b/x.flac`, "x");
  await recorder.until("z/b", () => recorder.changed.has("z/b"));
  assert.ok(!recorder.changed.has("a/b"));
});

watchTest("names that are not UTF-8 are told as events spell them", async (root, recorder) => {
  await shell(`mkdir "$(printf '${root}/\\377 x')" && : > "$(printf '${root}/\\377 x/1.flac')"`);
  await recorder.until("the directory", () => recorder.changed.has("\uefff x"));
});

watchTest("a root that vanishes is told and not taken for deletions", async (root, recorder) => {
  await Deno.writeTextFile(`${root}/a/x.flac`, "x");
  await recorder.until("a", () => recorder.changed.delete("a"));
  await Deno.rename(root, `${root}.away`);
  await recorder.until("the problem", () => recorder.problems.length > 0);
  assert.match(recorder.problems[0]!, /taken away or replaced/);
  assert.deepEqual([...recorder.changed], []);
});

watchTest("a burst in one directory is told in few calls", async (root, recorder) => {
  for (let i = 0; i < 300; i++) await Deno.writeTextFile(`${root}/a/${i}.flac`, "x");
  await recorder.until("a", () => recorder.changed.has("a"));
});

watchTest(
  "directories that go by the hundred cost no look at all of them each",
  async (root, recorder) => {
    const looks = { count: 0 };
    const { nextDue } = Settling.prototype;
    await shell(`mkdir '${root}/many' && cd '${root}/many' && seq 300 | xargs mkdir`);
    await recorder.until("the last", () => recorder.changed.has("many/300"));
    recorder.changed.clear();
    Settling.prototype.nextDue = function () {
      looks.count++;
      return nextDue.call(this);
    };
    try {
      await shell(`rm -r '${root}/many'`);
      await recorder.until(
        "many and the root",
        () => recorder.changed.has("many") && recorder.changed.has(""),
      );
    } finally {
      Settling.prototype.nextDue = nextDue;
    }
    assert.ok(looks.count < 150, `${looks.count} looks at what is unsettled`);
  },
);

async function shell(command: string): Promise<void> {
  const { success } = await new Deno.Command("sh", { args: ["-c", command] }).output();
  assert.ok(success);
}

watchTest("what is left out is neither watched nor told", async (root, recorder) => {
  for (const name of ["Incoming", "#recycle", "a/.Trash-1000"]) await Deno.mkdir(`${root}/${name}`);
  for (const path of ["Incoming/1.flac", "#recycle/2.flac", "a/.Trash-1000/3.flac", "a/._4.flac"]) {
    await Deno.writeTextFile(`${root}/${path}`, "x");
  }
  // Changes are reported in the order in which they happened.
  await Deno.writeTextFile(`${root}/a/b/5.flac`, "x");
  await recorder.until("a/b", () => recorder.changed.has("a/b"));
  assert.deepEqual([...recorder.changed], ["a/b"]);
});
