import assert from "node:assert/strict";
import { appendToLog } from "./log_sink.ts";

Deno.test("appendToLog() puts a file that has grown aside, and keeps three of them", () => {
  const directory = Deno.makeTempDirSync();
  try {
    const path = `${directory}/mount.log`;
    const line = (n: number) => new TextEncoder().encode(`line ${n}\n`);
    for (let n = 0; n < 10; n++) appendToLog(path, line(n), 10);
    const files = [...Deno.readDirSync(directory)].map(({ name }) => name).sort();
    assert.deepEqual(files, ["mount.log", "mount.log.1", "mount.log.2", "mount.log.3"]);
    const texts = files.map((name) => Deno.readTextFileSync(`${directory}/${name}`));
    assert.deepEqual(texts, [
      "line 8\nline 9\n",
      "line 6\nline 7\n",
      "line 4\nline 5\n",
      "line 2\nline 3\n",
    ]);
    assert.equal(Deno.statSync(path).mode! & 0o777, 0o600);
  } finally {
    Deno.removeSync(directory, { recursive: true });
  }
});

Deno.test("messages have times; the journal gets severities in their place", async () => {
  const program = `
    import { createLogger } from ${JSON.stringify(new URL("./logger.ts", import.meta.url).href)};
    const logger = createLogger("mount", "info");
    logger.error("one\\ntwo");
    logger.info("three");
    logger.debug("four");
  `;
  const script = Deno.makeTempFileSync({ suffix: ".ts" });
  try {
    Deno.writeTextFileSync(script, program);
    const output = `${script}.log`;
    const start = '"$0" run --quiet -A "$1" 2>"$2"';
    const run = async (command: string) => {
      const { success } = await new Deno.Command("/bin/sh", {
        args: ["-c", command, Deno.execPath(), script, output],
      }).output();
      assert(success);
      const text = Deno.readTextFileSync(output);
      Deno.removeSync(output);
      return text;
    };
    const timeless = (text: string) =>
      text.replaceAll(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /gm, "TIME ");
    const lines = "TIME musicfs mount error: one\\ntwo\nTIME musicfs mount info: three\n";
    assert.equal(timeless(await run(start)), lines);
    const journal = await run(`: >"$2"; JOURNAL_STREAM=$(stat -c %d:%i "$2") ${start}`);
    assert.equal(journal, "<3>musicfs mount error: one\\ntwo\n<6>musicfs mount info: three\n");
    assert.equal(timeless(await run(`JOURNAL_STREAM=1:1 ${start}`)), lines);
  } finally {
    Deno.removeSync(script);
  }
});
