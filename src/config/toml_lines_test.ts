import assert from "node:assert/strict";
import fc from "fast-check";
import { parse } from "smol-toml";
import { type KeyPath, TomlLines } from "./toml_lines.ts";

const DOCUMENT = `# a comment with [brackets] and = signs
template = "$artist/$album # not a comment"

[cache]
size = "10 GB" # ten
  metadata_size = '100 MB'

[scan]
"schedule" = """
0 4 [x]
y = 1 ""\\"""""
removals_hold.share = 0.5

[[origins]]
id = "one"
[origins.limits]
rate = 3
[[origins.mirrors]]
url = "a"
[[origins.mirrors]]
url = "b"

[[origins]]
id = "two"
list = [ # comment ]
  1, "]",
  { deep = 1, deeper.still = [ { end = 2 } ] },
]
`;

Deno.test("TomlLines.lineOf() finds keys in tables, arrays of tables, inline tables and arrays", () => {
  parse(DOCUMENT);
  const lines = new TomlLines(DOCUMENT);
  const expected: [KeyPath, number][] = [
    [["template"], 2],
    [["cache"], 4],
    [["cache", "size"], 5],
    [["cache", "metadata_size"], 6],
    [["scan", "schedule"], 9],
    [["scan", "removals_hold"], 12],
    [["scan", "removals_hold", "share"], 12],
    [["origins", 0], 14],
    [["origins", 0, "id"], 15],
    [["origins", 0, "limits"], 16],
    [["origins", 0, "limits", "rate"], 17],
    [["origins", 0, "mirrors", 0, "url"], 19],
    [["origins", 0, "mirrors", 1], 20],
    [["origins", 0, "mirrors", 1, "url"], 21],
    [["origins", 1], 23],
    [["origins", 1, "id"], 24],
    [["origins", 1, "list"], 25],
    [["origins", 1, "list", 1], 26],
    [["origins", 1, "list", 2, "deep"], 27],
    [["origins", 1, "list", 2, "deeper", "still", 0, "end"], 27],
  ];
  for (const [path, line] of expected) assert.equal(lines.lineOf(path), line, path.join("."));
});

Deno.test("TomlLines.lineOf() falls back to the nearest key around one that is not there", () => {
  const lines = new TomlLines(DOCUMENT);
  assert.equal(lines.lineOf(["origins", 1, "path"]), 23);
  assert.equal(lines.lineOf(["nothing"]), undefined);
});

Deno.test("TomlLines keeps lines of documents with Windows line ends", () => {
  const lines = new TomlLines("a = 1\r\n\r\n[b]\r\nc = 'x'\r\n");
  assert.equal(lines.lineOf(["b", "c"]), 4);
});

Deno.test("TomlLines finds every key of any document on the line where it was written", () => {
  const name = fc.oneof(
    fc.stringMatching(/^[a-z_-]{1,6}$/),
    fc.constant('"q.[]#= "'),
    fc.constant("'l.it'"),
  );
  const scalar = fc.constantFrom(
    '"x # ]"',
    "'y = \"'",
    "1.5",
    "true",
    '"""\nz\n"\n"""',
    "'''\n[q]\n'''",
  );
  const value = fc.oneof(
    scalar,
    fc.array(scalar, { maxLength: 3 }).map((items) => `[\n ${items.join(" ,\n # c ]\n")}\n]`),
  );
  const pairs = fc.uniqueArray(fc.tuple(name, value), { maxLength: 5, selector: ([key]) => key });
  const tables = fc.uniqueArray(fc.tuple(name, pairs), { maxLength: 4, selector: ([key]) => key });
  fc.assert(fc.property(tables, fc.boolean(), (list, isArray) => {
    let source = "";
    const expected: [KeyPath, number][] = [];
    const line = () => source.split("\n").length;
    for (const [table, entries] of list) {
      expected.push([isArray ? [bare(table), 0] : [bare(table)], line()]);
      source += isArray ? `[[ ${table} ]]\n` : `[ ${table} ] # c\n`;
      for (const [key, text] of entries) {
        expected.push([isArray ? [bare(table), 0, bare(key)] : [bare(table), bare(key)], line()]);
        source += ` ${key} = ${text}\n\n`;
      }
    }
    parse(source);
    const lines = new TomlLines(source);
    for (const [path, at] of expected) assert.equal(lines.lineOf(path), at, `${path}\n${source}`);
  }));
});

function bare(name: string): string {
  return /^["']/.test(name) ? name.slice(1, -1) : name;
}
