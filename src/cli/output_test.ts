import assert from "node:assert/strict";
import { jsonText, loadWidths, table } from "./output.ts";

const HEADINGS = ["ORIGIN", "TYPE", "TRACKS", "ROOT"];

Deno.test("table() gives East Asian names the two columns that they take", async () => {
  await loadWidths();
  const rows = [["音楽", "local", 12, "/音楽"], ["nas", "nfs", 3, "/mnt"]];
  assert.equal(
    table(HEADINGS, rows, Infinity),
    [
      "ORIGIN  TYPE   TRACKS  ROOT",
      "音楽    local      12  /音楽",
      "nas     nfs         3  /mnt",
    ].join("\n"),
  );
});

Deno.test("table() fits a terminal: the last column goes below, and the widest is cut", async () => {
  await loadWidths();
  const rows = [[
    "an-origin-with-a-long-name",
    "local",
    12,
    "/srv/music/of/everybody/in/the/house",
  ]];
  assert.equal(
    table(HEADINGS, rows, 45),
    [
      "ORIGIN                      TYPE   TRACKS",
      "  ROOT",
      "an-origin-with-a-long-name  local      12",
      "  /srv/music/of/everybody/in/the/house",
    ].join("\n"),
  );
  assert.equal(
    table(HEADINGS, rows, 30),
    [
      "ORIGIN           TYPE   TRACKS",
      "  ROOT",
      "an-origin-with…  local      12",
      "  /srv/music/of/everybody/in/the/house",
    ].join("\n"),
  );
});

Deno.test("table() cuts between characters, and keeps so much of a column that its cells differ", async () => {
  await loadWidths();
  const rows = [["音楽音楽音楽音楽", "x", 1, "y"]];
  const [, , first] = table(HEADINGS, rows, 20).split("\n");
  assert.equal(first, "音楽音楽…   x          1");
});

Deno.test("jsonText() escapes what would steer a terminal and parses to the same document", () => {
  const value = { name: "a\x1b[2J\x7f\x9b31m\u202eb\nc" };
  const text = jsonText(value);
  // deno-lint-ignore no-control-regex
  assert.doesNotMatch(text, /[\x00-\x1f\x7f-\x9f\u202e]/);
  assert.deepEqual(JSON.parse(text), value);
});

Deno.test("an answer keeps its lines and our colours, and nothing else that steers a terminal", async () => {
  const program = `
    import { Output } from ${JSON.stringify(new URL("./output.ts", import.meta.url).href)};
    const hostile = "a\\x1b]0;title\\x07\\x9b2J\\x1b[2Jb\\r";
    new Output(false).print(null, () => "one\\n\\x1b[31mtwo\\x1b[0m " + hostile);
    new Output(false).note(hostile);
  `;
  const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["eval", "--quiet", "--ext=ts", program],
  }).output();
  const decoder = new TextDecoder();
  const shown = "a\\x1b]0;title\\x07\\x9b2J\\x1b[2Jb\\x0d\n";
  assert.equal(decoder.decode(stdout), `one\n\x1b[31mtwo\x1b[0m ${shown}`);
  assert.equal(decoder.decode(stderr), shown);
});
