import assert from "node:assert/strict";
import fc from "fast-check";
import { QUERY_CHARS_MAX, QUERY_DEPTH_MAX, QUERY_TERMS_MAX } from "../base/mod.ts";
import {
  conditionOf,
  type Expression,
  fieldNamed,
  type Leaf,
  parseQuery,
  printQuery,
  type Query,
  QueryError,
} from "./mod.ts";

/** Returns a query without the places of its parts. */
function plain<T>(query: T): T {
  return JSON.parse(JSON.stringify(query, (key, value) => key === "at" ? undefined : value));
}

/** Writes the meaning of a text in short: `a b` for both, `a|b` for either, `!a` for not. */
function said(text: string): string {
  const { where, sort, limit } = parseQuery(text);
  const keys = sort.map(({ field, descending }) => `${descending ? ">" : "<"}${field}`);
  return [...where === null ? [] : [short(where)], ...keys, ...limit === null ? [] : [`#${limit}`]]
    .join(" ");
}

function short(it: Expression): string {
  switch (it.kind) {
    case "and":
      return `(${it.all.map(short).join(" ")})`;
    case "or":
      return `(${it.any.map(short).join("|")})`;
    case "not":
      return `!${short(it.what)}`;
    case "comparison":
      return `${it.field}${it.operator}${it.value}`;
    case "range":
      return `${it.field}[${it.from}..${it.to}]`;
    case "phrase":
      return `${it.field ?? "any"}="${it.text}"`;
    case "word":
      return `${it.field ?? "any"}=${it.text}${it.prefix ? "*" : ""}${
        it.edits ? `~${it.edits}` : ""
      }`;
  }
}

Deno.test("parseQuery: the meaning of each kind of text", () => {
  for (
    const [text, says] of [
      ["", ""],
      ["  \n", ""],
      ["metallica", "any=metallica"],
      ["metal* metalica~1", "(any=metal* any=metalica~1)"],
      ['"enter sandman" live', '(any="enter sandman" any=live)'],
      ['album:"Master of Puppets"', 'album="Master of Puppets"'],
      ["Artist:Metal* title:sandmen~2", "(artist=Metal* title=sandmen~2)"],
      ["year:1980..1989", "year[1980..1989]"],
      ["year:..1989 year:1980..", "(year[null..1989] year[1980..null])"],
      ["year:[1980 TO 1989]", "year[1980..1989]"],
      ['added:[ "2026-05-01 18:00" TO * ]', "added[2026-05-01 18:00..null]"],
      ["year:[* TO 1989]", "year[null..1989]"],
      [
        "bitrate:>320k duration:<=3m plays:=0 x:>=1 y:<2",
        "(bitrate>320k duration<=3m plays=0 x>=1 y<2)",
      ],
      ["played:never", "played=never"],
      ["a OR b c AND d", "(any=a|(any=b any=c any=d))"],
      ["(a OR b) c", "((any=a|any=b) any=c)"],
      ['-live NOT (a OR b) -artist:x -"a b"', '(!any=live !(any=a|any=b) !artist=x !any="a b")'],
      ["NOT NOT a --a", "(!!any=a !!any=a)"],
      ["((a))", "any=a"],
      ["sort:-added,artist limit:50", ">added <artist #50"],
      ["a OR b sort:year sort:title", "(any=a|any=b) <year <title"],
      // Text that can have no other meaning is a word.
      ["12:51", "any=12:51"],
      ["M*A*S*H blink-182 AC/DC", "(any=M*A*S*H any=blink-182 any=AC/DC)"],
      ["Artist - Title", "(any=Artist any=- any=Title)"],
      ["and or TO not", "(any=and any=or any=TO any=not)"],
      ["title:Wait...", "title=Wait..."],
      // Words have no order, so there are no ranges of them; a tag of the user's own may have numbers.
      ["title:a..b..c artist:..", "(title=a..b..c artist=..)"],
      ["shelf:1..3", "shelf[1..3]"],
      ["title:re:stacks", "title=re:stacks"],
      ["rock~ ~ <3", "(any=rock~ any=~ any=<3)"],
      ["[live]", "any=[live]"],
      // A backslash takes the meaning away from what follows it.
      ["\\-a \\AND re\\:stacks a\\*", "(any=-a any=AND any=re:stacks any=a*)"],
      ['a\\ b "say \\"yes\\""', '(any=a b any="say "yes"")'],
      ["my\\ tag:x", "my tag=x"],
      ["title:a\\.\\.b x~1\\ ", "(title=a..b any=x~1 )"],
      ["привет 東京 ärger*", "(any=привет any=東京 any=ärger*)"],
    ] as const
  ) assert.equal(said(text), says, text);
});

Deno.test("parseQuery: an error says where it is, and what was expected", () => {
  const deep = "(".repeat(QUERY_DEPTH_MAX + 1);
  for (
    const [text, at, expected] of [
      ["a )", 2, /the end, since no parenthesis is open/],
      ["(a", 2, /parenthesis that closes the one at character 1/],
      ["a ()", 3, /something between the parentheses/],
      ['a "b c', 6, /quotation mark that ends what begins at character 3/],
      ['a ""', 2, /words between the quotation marks/],
      ["OR a", 0, /something before OR/],
      ["AND a", 0, /something before AND/],
      ["a OR", 4, /something behind OR/],
      ["a OR OR b", 5, /something behind OR/],
      ["a AND", 5, /something behind AND/],
      ["a AND AND b", 6, /something behind AND/],
      ["NOT", 3, /something behind NOT/],
      ["a -(", 4, /something between the parentheses|closes/],
      ["year:", 5, /a value behind year:/],
      ["year: 1980", 5, /a value behind year:/],
      ["year:>", 6, /a value behind year:>/],
      ["year:..", 5, /a value before or behind \.\./],
      ["year:[1980", 10, /TO/],
      ["year:[1980 1989]", 11, /TO/],
      ["year:[1980 TO", 13, /the value at which the range ends/],
      ["year:[1980 TO 1989", 18, /a bracket that closes/],
      ["year:[* TO *]", 11, /a value at one end/],
      ["word~3", 5, /0, 1 or 2/],
      ["*", 0, /a beginning of a word before \*/],
      ["limit:0", 6, /a number above 0/],
      ["limit:many", 6, /a number above 0/],
      ["limit:1 limit:2", 8, /one limit: alone/],
      ["(sort:year)", 1, /outside of parentheses/],
      ["-limit:1", 1, /outside of parentheses/],
      ["a OR sort:year", 14, /something behind OR/],
      ["a AND sort:year", 6, /outside of parentheses, negations and operators/],
      ["sort:year,", 10, /the name of a field/],
      ["live year:sixties", 10, /a number/],
      ["year:196*", 5, /a number, without \* or ~/],
      ["year:1960..196x", 11, /a number/],
      ["year:\\1960..\\196x", 12, /a number/],
      ["year:[1960 TO x]", 14, /a number/],
      ["year:[x TO 1960]", 6, /a number/],
      ["length:>3x", 8, /a duration such as/],
      ['added:"a year ago"', 6, /a date such as/],
      ["artist:>m", 8, /words, since artist has no order/],
      ["album_artist:[a TO b]", 14, /words, since albumartist has no order/],
      ["compilation:maybe", 12, /yes or no/],
      ["compilation:>no", 13, /yes or no/],
      ["played:>never", 8, /a date or an age/],
      ["missing:missing", 8, /the name of a field/],
      ["missing:\\ ", 8, /the name of a field/],
      ["missing:>genre", 9, /words, since missing has no order/],
      ["added:30d..2026", 11, /an age, as at the beginning/],
      ["added:2026..30d", 6, /an age, as at the end/],
      ["samplerate:96MHz", 11, /a number, or one with hz or k or khz/],
      ["shelf:>top", 7, /a number/],
      ["a\\", 2, /a character behind the backslash/],
      ["a\0b", 1, /no control character/],
      ['"a\x1b"', 2, /no control character/],
      [deep, QUERY_DEPTH_MAX + 1, /at most 32 parentheses/],
      ["-".repeat(QUERY_DEPTH_MAX + 1) + "a", QUERY_DEPTH_MAX + 1, /at most 32/],
      ["a ".repeat(QUERY_TERMS_MAX + 1), 2 * QUERY_TERMS_MAX, /at most 256 terms/],
      ["a".repeat(QUERY_CHARS_MAX + 1), QUERY_CHARS_MAX, /at most 4096 characters/],
    ] as const
  ) {
    assert.throws(() => parseQuery(text), (error) => {
      assert.ok(error instanceof QueryError, text);
      assert.match(error.expected, expected, text);
      assert.equal(error.at, at, text);
      return true;
    }, text);
  }
  assert.throws(() => parseQuery("東京 )"), {
    message:
      "Cannot read the query: expected the end, since no parenthesis is open at character 4, found ')'",
  });
  assert.throws(() => parseQuery("𝄞 year:"), {
    message: "Cannot read the query: expected a value behind year: at character 8, found the end",
  });
});

Deno.test("parseQuery: places point at their parts", () => {
  const text = 'one two:"three four" -five:[6 TO 7]';
  const { where } = parseQuery(text);
  assert.ok(where?.kind === "and");
  const places = where.all.map((it) => {
    const leaf = it.kind === "not" ? it.what : it;
    return "at" in leaf ? text.slice(leaf.at, leaf.at + 5) : "";
  });
  assert.deepEqual(places, ["one t", 'two:"', "five:"]);
});

/** Pieces with a meaning, and some without. */
const piece = fc.oneof(
  fc.constantFrom(
    ...[
      "AND",
      "OR",
      "NOT",
      "TO",
      "(",
      ")",
      '"',
      "-",
      ":",
      "*",
      "~1",
      "~",
      "[",
      "]",
      "..",
      " ",
      "\\",
    ],
    ...[
      "<",
      ">=",
      "year:",
      "sort:",
      "limit:",
      "5",
      "a",
      "title",
      ",",
      "\0",
      "é",
      "𝄞",
      "\ud834",
      "'",
    ],
    ...["NEAR(", "^", "{", "--", "/*", "; DROP TABLE tracks", "/", "\n", "\u3000"],
    ...["added:", "duration:", "size:", "bitrate:", "date:", "rating:", "compilation:", "shelf:"],
    ...["never", "today", "30d", "9999y", "3:20", "1h30m", "10MB", "320k", "2026-11", "80%", "yes"],
  ),
  fc.string({ unit: "binary", maxLength: 5 }),
);
const garbage = fc.array(piece, { maxLength: 60 }).map((pieces) => pieces.join(""));

/** Texts that such a test, or a person, once found to be answered wrongly, and what hostile ones begin with. */
const REGRESSIONS = [
  ...[
    "",
    " ",
    "\0",
    "\\",
    "\\\\",
    '"',
    '""',
    ":",
    "::",
    "a:",
    ":a",
    "..",
    "a:..",
    "year:..",
    "year:...",
    "*",
    "~1",
  ],
  ...[
    "-",
    "--",
    "- a",
    "NOT",
    "AND",
    "OR",
    "TO",
    "(",
    ")",
    "()",
    "((",
    "(()",
    "[",
    "year:[",
    "year:[*]",
  ],
  ...[
    "\ud834",
    "\udd1e:x",
    "a\ud834:x",
    "\u202ea",
    "añ:1",
    "a\u0301:1",
    "\u{1f600}:1",
    "ſ:x",
    "İ:x",
  ],
  ...[
    'title MATCH "x"',
    "NEAR(a b, 5)",
    "title : x",
    "{title artist} : x",
    "^a",
    "a + b",
    "rowid:1",
  ],
  ...[
    "'; DROP TABLE tracks; --",
    "/../../etc/passwd",
    "%s%n",
    "${x}",
    "<script>",
    "a\nb",
    "a\r\nb",
  ],
  ...["__proto__:x", "constructor:>1", "sort:__proto__", "toString:1..2", "year:1e309", "year:NaN"],
  ...["size:99999999999999999999TB", "added:99999y", "added:<99999.999d", "duration:9999:59:59"],
  ...["added:0000-01-01", "added:9999-12-31", "date:0000", "bitrate:999999999999k", "decade:0"],
  ...["year:\\..1", "year:1\\..", "x:a..b..", "x:1....2", "\\AND", "\\sort:x", "sort:", "limit:"],
  ...["x".repeat(QUERY_CHARS_MAX + 1), "(".repeat(QUERY_CHARS_MAX), "-".repeat(QUERY_CHARS_MAX)],
  ...[
    "a ".repeat(QUERY_CHARS_MAX / 2),
    "a:".repeat(QUERY_CHARS_MAX / 2),
    "\\".repeat(QUERY_CHARS_MAX),
  ],
];

function* leavesOf(it: Expression): IterableIterator<Leaf> {
  if (it.kind === "and") { for (const each of it.all) yield* leavesOf(each); }
  else if (it.kind === "or") { for (const each of it.any) yield* leavesOf(each); }
  else if (it.kind === "not") yield* leavesOf(it.what);
  else yield it;
}

Deno.test("parseQuery: garbage is a query that can be answered, whose print means the same, or a QueryError", () => {
  let parsed = 0;
  fc.assert(
    fc.property(garbage, (text) => {
      let query: Query;
      try {
        query = parseQuery(text);
      } catch (error) {
        assert.ok(error instanceof QueryError, `${error}`);
        assert.ok(error.at >= 0 && error.at <= text.length);
        return;
      }
      parsed++;
      const printed = printQuery(query);
      // A backslash more may be too much.
      if (printed.length <= QUERY_CHARS_MAX) {
        assert.deepEqual(plain(parseQuery(printed)), plain(query), printed);
        assert.equal(printQuery(parseQuery(printed)), printed);
      }
      for (const leaf of query.where === null ? [] : leavesOf(query.where)) {
        for (const now of [0, 1_796_000_000_000, 4e12]) {
          const condition = conditionOf(leaf, now);
          if (condition.is !== "span") continue;
          const { from, to } = condition.span;
          for (const bound of [from, to]) assert.ok(bound === null || Number.isFinite(bound.value));
        }
      }
    }),
    { numRuns: 5_000, examples: REGRESSIONS.map((text) => [text]) },
  );
  assert.ok(parsed > 200, `${parsed}`);
});

// deno-lint-ignore no-control-regex
const isText = (text: string) => text.trim() !== "" && !/[\0-\x08\x0e-\x1f\x7f]/.test(text);
const text = fc.oneof(
  fc.constantFrom(
    "AND",
    "OR",
    "NOT",
    "TO",
    "-",
    "*",
    "a*",
    "a~1",
    "..",
    "a..b",
    "[",
    "a b",
    "sort",
  ),
  fc.string({ unit: "binary", minLength: 1, maxLength: 8 }).filter(isText),
);
const name = fc.oneof(fc.constantFrom("artist", "album_artist", "my tag", "12", "é"), text)
  .map((it) => it.toLowerCase()).filter((it) => it !== "sort" && it !== "limit");
const words = name.filter((it) => fieldNamed(it).kind === "text");
const number = fc.integer({ min: -1_000_000, max: 1_000_000 }).map(String);

/** A field and a value of it, neither words nor a flag. */
const valued = fc.oneof(
  fc.tuple(fc.oneof(fc.constantFrom("year", "plays", "track"), name.filter(isOwn)), number),
  fc.tuple(fc.constantFrom("duration", "length"), fc.constantFrom("3:20", "1h30m", "90s", "250ms")),
  fc.tuple(fc.constantFrom("added", "last_played"), fc.constantFrom("2026-11", "today")),
  fc.tuple(fc.constant("date"), fc.constantFrom("1994", "1994-03-21")),
  fc.tuple(fc.constant("size"), fc.constantFrom("10MB", "1.5 GiB")),
  fc.tuple(fc.constant("bitrate"), fc.constantFrom("320k", "96 kbit/s")),
);

function isOwn(field: string): boolean {
  return fieldNamed(field).isOwn;
}

const leaf: fc.Arbitrary<Expression> = fc.oneof(
  fc.record({
    kind: fc.constant("word" as const),
    field: fc.option(words),
    text,
    prefix: fc.constant(false),
    edits: fc.constantFrom(0 as const, 1 as const, 2 as const),
    at: fc.constant(0),
  }).map((word) => word.edits === 0 && word.text.length % 2 ? { ...word, prefix: true } : word),
  fc.record({
    ...{ kind: fc.constant("phrase" as const), field: fc.option(words), text, at: fc.constant(0) },
  }),
  valued.map(([field, text]) => ({ kind: "phrase" as const, field, text, at: 0 })),
  fc.tuple(words, text).map(([field, value]) => ({
    ...{ kind: "comparison" as const, field, operator: "=" as const, value, at: 0 },
  })),
  fc.tuple(
    valued,
    fc.constantFrom("<" as const, "<=" as const, "=" as const, ">=" as const, ">" as const),
  )
    .map(([[field, value], operator]) => ({
      ...{ kind: "comparison" as const, field, operator, value, at: 0 },
    })),
  fc.tuple(valued, fc.constantFrom([true, false], [false, true], [true, true]))
    .map(([[field, value], [from, to]]) => ({
      ...{ kind: "range" as const, field, at: 0 },
      ...{ from: from ? value : null, to: to ? value : null },
    })),
);

const { expression } = fc.letrec<{ expression: Expression }>((tie) => ({
  expression: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    fc.array(tie("expression"), { minLength: 2, maxLength: 4 })
      .map((all) => ({ kind: "and" as const, all })),
    fc.array(tie("expression"), { minLength: 2, maxLength: 4 })
      .map((any) => ({ kind: "or" as const, any })),
    tie("expression").map((what) => ({ kind: "not" as const, what })),
  ),
}));

const query: fc.Arbitrary<Query> = fc.record({
  where: fc.option(expression),
  sort: fc.array(fc.record({ field: name, descending: fc.boolean() }), { maxLength: 3 }),
  limit: fc.option(fc.integer({ min: 1, max: 999_999_999 })),
});

Deno.test("printQuery: any query, printed and parsed, is that query", () => {
  fc.assert(
    fc.property(query, (it) => {
      const printed = printQuery(it);
      if (printed.length > QUERY_CHARS_MAX) return;
      assert.deepEqual(plain(parseQuery(printed)), plain(it), printed);
    }),
    { numRuns: 3_000 },
  );
});

Deno.test("printQuery: characters that need no backslash have none", () => {
  for (
    const text of [
      'metal* metalica~1 "enter sandman" artist:blink-182 -live',
      "(a OR b) AC/DC year:[1980 TO *] bitrate:>320k sort:-added,artist limit:50",
    ]
  ) assert.equal(printQuery(parseQuery(text)), text);
});
